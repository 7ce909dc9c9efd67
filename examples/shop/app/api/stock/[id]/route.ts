import { answer, jsonRoute } from '@/shop/api';
import { getStock } from '@/shop/catalogue';
import { parseProductId } from '@/shop/identifiers';

/** How many of a product are left; may be stale for a moment, and is refreshed when it is. */
export function GET(
  _request: Request,
  { params }: RouteContext<'/api/stock/[id]'>,
): Promise<Response> {
  return jsonRoute(async () => {
    const id = parseProductId((await params).id);
    if (id === undefined)
      return answer(400, { error: 'a product id is a whole number from 1 to 999999' });
    const { value, ...provenance } = await getStock(id);
    return value
      ? answer(200, { ...provenance, ...value })
      : answer(404, { ...provenance, error: `no product ${id}` });
  });
}
