import type { Redis } from '@upstash/redis';
import { answer, jsonRoute } from './api';
import { redis } from './redis';

/** Where the proxy tells routes which visitor asks. */
export const sessionHeader = 'x-session';

/** Where the proxy tells pages that delivery is free today. */
export const freeDeliveryHeader = 'x-free-delivery';

/** Runs a JSON route of a visitor; without Redis it says that the till is closed. */
export function tillRoute(
  request: Request,
  respond: (redis: Redis, session: string) => Promise<Response>,
): Promise<Response> {
  return jsonRoute(async () => {
    const session = request.headers.get(sessionHeader);
    if (!redis || !session) return answer(503, { error: 'the till is closed: no Redis over HTTP' });
    return respond(redis, session);
  });
}
