import { setTimeout as sleep } from 'node:timers/promises';
import { answer, readObject } from '@/shop/api';
import { instanceName } from '@/shop/instance';
import { withLock } from '@/shop/lock';
import { takeCart } from '@/shop/redis';
import { tillRoute } from '@/shop/session';

/** Seconds after which the till is free again if its holder dies. */
const lease = 10;
const longest = 3_000;

/**
 * Buys the cart. One visitor at a time, whichever instance they reach: others are answered 409.
 * `{"hold": 800}` takes so many milliseconds over it, so that somebody can watch.
 */
export function POST(request: Request): Promise<Response> {
  return tillRoute(request, async (redis, session) => {
    const body = await readObject(request);
    if (body instanceof Response) return body;
    const hold = Math.min(longest, Math.max(0, Number(body.hold) || 0));
    const sold = await withLock(redis, 'till', lease, async () => {
      await sleep(hold);
      const cart = await takeCart(redis, session);
      for (const [id, count] of Object.entries(cart)) {
        const total = await redis.hincrby('sold', id, count);
        await redis.publish('sold', { id: Number(id), count, total, by: instanceName() });
      }
      return cart;
    });
    return sold
      ? answer(200, { sold })
      : answer(409, { error: 'somebody is at the till; try again in a moment' });
  });
}
