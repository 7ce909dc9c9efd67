export const dynamic = 'force-dynamic';

/** A route that answers what it fetched from this instance. */
export async function GET(request, { params }) {
  const { id } = await params;
  const from = new URL(`/api/now?of=${id}`, request.nextUrl.origin);
  const answer = await fetch(from, { next: { revalidate: 3600, tags: [`fetched:${id}`, 'all'] } });
  return new Response(await answer.text());
}
