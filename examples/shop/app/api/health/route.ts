import { answer, jsonRoute } from '@/shop/api';

/** Whether this instance answers; asks neither the cache nor the origin. */
export function GET(): Promise<Response> {
  return jsonRoute(async () => answer(200, { status: 'up' }));
}
