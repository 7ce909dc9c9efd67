import { value } from './value';

/** What there is to show of a name. */
export async function Shown({ name }) {
  return <p data-printed={await value(name)}>{name}</p>;
}

/** The same of a name in the path, which is known when the page is asked for. */
export async function ShownOf({ route, params }) {
  const { id } = await params;
  return <Shown name={`${route}:${id}`} />;
}
