import { answer, readObject } from '@/shop/api';
import { parseProductId } from '@/shop/identifiers';
import { addToCart, cartOf } from '@/shop/redis';
import { tillRoute } from '@/shop/session';

/** What is in the visitor's cart. */
export function GET(request: Request): Promise<Response> {
  return tillRoute(request, async (redis, session) =>
    answer(200, { cart: await cartOf(redis, session) }),
  );
}

/** Puts one of `{"id": 3}` into it. */
export function POST(request: Request): Promise<Response> {
  return tillRoute(request, async (redis, session) => {
    const body = await readObject(request);
    if (body instanceof Response) return body;
    const id = parseProductId(String(body.id));
    if (id === undefined)
      return answer(400, { error: 'a product id is a whole number from 1 to 999999' });
    await addToCart(redis, session, id);
    return answer(200, { cart: await cartOf(redis, session) });
  });
}
