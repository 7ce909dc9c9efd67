import type { Product } from '@/shop/types';
import { ProductCard } from './product-card';

/** Products side by side, as many to a row as fit. */
export function ProductGrid({ products }: { products: Product[] }) {
  return (
    <ul className="grid">
      {products.map((product) => (
        <ProductCard key={product.id} product={product} />
      ))}
    </ul>
  );
}
