import { answer, jsonRoute } from '@/shop/api';
import { getProduct } from '@/shop/catalogue';
import { parseProductId } from '@/shop/identifiers';

/** One product as its page shows it, read through the same cached function. */
export function GET(
  _request: Request,
  { params }: RouteContext<'/api/product/[id]'>,
): Promise<Response> {
  return jsonRoute(async () => {
    const id = parseProductId((await params).id);
    if (id === undefined)
      return answer(400, { error: 'a product id is a whole number from 1 to 999999' });
    const { value, ...provenance } = await getProduct(id);
    return value
      ? answer(200, { ...provenance, ...value, currency: 'EUR' })
      : answer(404, { ...provenance, error: `no product ${id}` });
  });
}
