/** What takes the place of the answer where there is no Node.js: nothing is warmed up there. */
export async function GET(_request: Request): Promise<Response> {
  return Response.json({ status: 'ready' }, { headers: { 'cache-control': 'no-store' } });
}
