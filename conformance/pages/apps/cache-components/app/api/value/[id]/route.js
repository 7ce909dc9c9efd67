import { value } from '../../../../lib/value';

/** A route that is called per request, and reads the cache. */
export async function GET(_request, { params }) {
  return new Response(await value(`api:${(await params).id}`));
}
