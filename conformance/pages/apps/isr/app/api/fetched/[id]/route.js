export const dynamic = 'force-dynamic';

/** A route that answers what it fetched. */
export async function GET(_request, { params }) {
  const { id } = await params;
  const from = new URL(`/api/now?of=${id}`, process.env.PAGES_ORIGIN);
  const answer = await fetch(from, { next: { revalidate: 3600, tags: [`fetched:${id}`, 'all'] } });
  return new Response(await answer.text());
}
