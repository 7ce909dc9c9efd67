import { value } from '../../../../lib/value';

export const dynamic = 'force-dynamic';

/** A route that is called per request, and reads what is cached. */
export async function GET(_request, { params }) {
  return new Response(await value(`api:${(await params).id}`));
}
