import { value } from './value';

/** What there is to show of a name. */
export async function Shown({ name }) {
  return <p data-printed={await value(name)}>{name}</p>;
}
