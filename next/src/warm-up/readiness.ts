import { isWarm } from './index.js';

/**
 * The answer to a readiness probe, for a route of the app: 200 `{"status": "ready"}` once this
 * instance is warm (`isWarm`), 503 `{"status": "warming up"}` before.
 */
export async function GET(request: Request): Promise<Response> {
  // Next.js renders a route ahead, once for all, unless that reads something of its request.
  request.headers.get('user-agent');
  const warm = isWarm();
  return Response.json(
    { status: warm ? 'ready' : 'warming up' },
    { status: warm ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  );
}
