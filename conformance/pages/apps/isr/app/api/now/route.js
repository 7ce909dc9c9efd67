import { printed } from '../../../lib/printed';

export const dynamic = 'force-dynamic';

/** What there is to fetch. */
export async function GET() {
  return new Response(await printed());
}
