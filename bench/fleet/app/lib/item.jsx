import { getItem } from './items';

/** An item, through the cache. */
export async function Item({ id }) {
  return <Shown item={await getItem(id)} />;
}

/** An item as it is shown: with its id and version, by which a visitor knows how old it is. */
export function Shown({ item: { id, version, text } }) {
  return <p data-item={`${id} ${version}`}>{text.slice(0, 200)}</p>;
}
