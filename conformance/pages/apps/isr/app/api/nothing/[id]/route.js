import { unstable_cache } from 'next/cache';
import { printed } from '../../../../lib/printed';

export const dynamic = 'force-dynamic';

/** A route that keeps in mind that there is nothing. */
export async function GET(request, { params }) {
  const { id } = await params;
  const nothing = async () => void (await printed());
  const found = unstable_cache(nothing, ['nothing', id], { tags: ['all', `nothing:${id}`] });
  return Response.json({ found: (await found()) ?? null });
}
