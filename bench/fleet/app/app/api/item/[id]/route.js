import { getItem } from '../../../../lib/items';

/** An item, through the cache; the number before the first dash of its id is its life in seconds. */
export async function GET(_request, { params }) {
  return Response.json(await getItem((await params).id));
}
