import { answered } from '../../../../lib/forms';
import { printed } from '../../../../lib/printed';

export const dynamic = 'force-dynamic';

/** What there is to fetch, in each form; a header says when it was asked for. */
export async function GET(_request, { params }) {
  const { body, status } = answered[(await params).form];
  return new Response(body, { status, headers: { 'x-printed': await printed() } });
}
