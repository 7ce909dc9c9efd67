import { answer } from '@/shop/api';
import { getProducts } from '@/shop/catalogue';
import { searchLimit } from '@/shop/redis';
import { tillRoute } from '@/shop/session';

/** Products whose names have `?q=` in them; five times in ten seconds for each visitor. */
export function GET(request: Request): Promise<Response> {
  return tillRoute(request, async (_redis, session) => {
    if (!searchLimit) return answer(503, { error: 'the till is closed' });
    const { success, limit, remaining, reset } = await searchLimit.limit(session);
    const seconds = Math.max(1, Math.ceil((reset - Date.now()) / 1000));
    const query = (new URL(request.url).searchParams.get('q') ?? '').toLowerCase();
    const found = success
      ? (await getProducts()).value
          .filter(({ name }) => name.toLowerCase().includes(query))
          .map(({ id, name }) => ({ id, name }))
      : [];
    const response = success
      ? answer(200, { found, remaining })
      : answer(429, { error: `too many searches; again in ${seconds} s` });
    response.headers.set('x-ratelimit-limit', String(limit));
    response.headers.set('x-ratelimit-remaining', String(Math.max(0, remaining)));
    response.headers.set('x-ratelimit-reset', String(Math.ceil(reset / 1000)));
    if (!success) response.headers.set('retry-after', String(seconds));
    return response;
  });
}
