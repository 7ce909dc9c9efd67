import type { Category, Product, Shelf, Stock } from './types';

const timeout = 10_000;

/** The origin could not be reached, or answered with something else than data. */
export class OriginUnavailable extends Error {
  override name = 'OriginUnavailable';
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T | null> {
  const url = (process.env.ORIGIN_URL ?? 'http://127.0.0.1:7401') + path;
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
  } catch (cause) {
    throw new OriginUnavailable(`the origin did not answer ${path}`, { cause });
  }
  if (response.status === 404) return null;
  if (!response.ok)
    throw new OriginUnavailable(`the origin answered ${path} with ${response.status}`);
  return (await response.json()) as T;
}

/** The slow product database behind the shop; every call is one real query, `null` means not found. */
export const origin = {
  products: () => ask<Product[]>('/products'),
  product: (id: number) => ask<Product>(`/products/${id}`),
  categories: () => ask<Category[]>('/categories'),
  shelf: (slug: string) => ask<Shelf>(`/categories/${slug}/products`),
  stock: (id: number) => ask<Stock>(`/stock/${id}`),
  setPrice: (id: number, price: number) =>
    ask<Product>(`/products/${id}/price`, { method: 'PUT', body: JSON.stringify({ price }) }),
};
