import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';

/** Larder's Redis over HTTP, by the SDK's own variables; nothing where they are not set. */
export const redis: Redis | undefined = process.env.UPSTASH_REDIS_REST_URL
  ? Redis.fromEnv({ enableTelemetry: false })
  : undefined;

/** Five searches in ten seconds for each visitor, whichever instances they reach. */
export const searchLimit: Ratelimit | undefined =
  redis &&
  new Ratelimit({
    redis,
    limiter: Ratelimit.slidingWindow(5, '10 s'),
    prefix: 'limit:search',
  });

/** What the keys of a visitor begin with. */
const visitor = (session: string) => `session:${session}`;

/** Seconds a cart is kept after it was last changed. */
const cartLife = 86_400;

/** The cart of a visitor: how many of which product. */
export async function cartOf(redis: Redis, session: string): Promise<Record<string, number>> {
  return (await redis.hgetall<Record<string, number>>(`${visitor(session)}:cart`)) ?? {};
}

/** Puts one more of a product into the cart of a visitor, which lives for a day from then on. */
export async function addToCart(redis: Redis, session: string, id: number): Promise<void> {
  const cart = `${visitor(session)}:cart`;
  await redis.multi().hincrby(cart, String(id), 1).expire(cart, cartLife).exec();
}

/** Empties the cart of a visitor; answers what was in it. */
export async function takeCart(redis: Redis, session: string): Promise<Record<string, number>> {
  const cart = `${visitor(session)}:cart`;
  const [taken] = await redis
    .multi()
    .hgetall(cart)
    .del(cart)
    .exec<[Record<string, number> | null, number]>();
  return taken ?? {};
}

/** Counts a view of a page; answers how many there were. */
export function countView(redis: Redis, page: string): Promise<number> {
  return redis.incr(`views:${page}`);
}
