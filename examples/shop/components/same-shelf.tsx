import Link from 'next/link';
import { getShelf } from '@/shop/catalogue';
import { reading } from '@/shop/reading';
import type { Product } from '@/shop/types';
import { GeneratedNote } from './generated-note';
import { ProductGrid } from './product-grid';

/** The neighbours of a product; streamed behind the rest of the page. */
export async function SameShelf({ product }: { product: Product }) {
  const read = await reading(getShelf(product.category));
  if (read.outcome !== 'found') return null;
  const found = read.value;
  const neighbours = found.value?.products.filter(({ id }) => id !== product.id) ?? [];
  return (
    <section className="shelf same-shelf">
      <div className="shelf-head">
        <h2>
          <Link href={`/category/${product.category}`} prefetch={false}>
            From the same shelf
          </Link>
        </h2>
      </div>
      <ProductGrid products={neighbours} />
      <div className="notes">
        <GeneratedNote
          block="shelf"
          directive="use cache"
          tags={`products, category:${product.category}, product:N of each`}
          of={found}
        />
      </div>
    </section>
  );
}
