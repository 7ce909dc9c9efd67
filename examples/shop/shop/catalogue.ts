import { cacheLife, cacheTag } from 'next/cache';
import { instanceName } from './instance';
import { origin } from './origin';
import type { Category, Generated, Product, Shelf, Stock } from './types';

function generated<T>(value: T): Generated<T> {
  return { value, generatedBy: instanceName(), generatedAt: new Date().toISOString() };
}

/** One product with its price; `value` is `null` if there is no such product. */
export async function getProduct(id: number): Promise<Generated<Product | null>> {
  'use cache: remote';
  const product = await origin.product(id);
  cacheTag('products', `product:${id}`);
  if (product) {
    cacheTag(`category:${product.category}`);
    cacheLife({ stale: 300, revalidate: 900, expire: 86_400 });
  } else {
    cacheLife({ stale: 30, revalidate: 60, expire: 600 });
  }
  return generated(product);
}

/** How many of a product are left: allowed to be two seconds old, then refreshed behind the reader. */
export async function getStock(id: number): Promise<Generated<Stock | null>> {
  'use cache: remote';
  cacheLife({ stale: 30, revalidate: 2, expire: 600 });
  cacheTag('stock', `stock:${id}`);
  return generated(await origin.stock(id));
}

/** Every product of the shop, in shelf order. */
export async function getProducts(): Promise<Generated<Product[]>> {
  'use cache';
  cacheLife({ stale: 300, revalidate: 900, expire: 86_400 });
  const products = (await origin.products()) ?? [];
  cacheTag('products', ...products.map(({ id }) => `product:${id}`));
  return generated(products);
}

/** The shelves of the shop, in order. */
export async function getCategories(): Promise<Generated<Category[]>> {
  'use cache';
  cacheLife({ stale: 300, revalidate: 3600, expire: 86_400 });
  cacheTag('categories');
  return generated((await origin.categories()) ?? []);
}

/** One shelf with its products; `value` is `null` if there is no such shelf. */
export async function getShelf(slug: string): Promise<Generated<Shelf | null>> {
  'use cache';
  const shelf = await origin.shelf(slug);
  cacheTag('products', `category:${slug}`);
  if (shelf) {
    cacheTag(...shelf.products.map(({ id }) => `product:${id}`));
    cacheLife({ stale: 300, revalidate: 900, expire: 86_400 });
  } else {
    cacheLife({ stale: 30, revalidate: 60, expire: 600 });
  }
  return generated(shelf);
}
