import type { Product } from '@/shop/types';
import { ProductArt } from './art/product-art';

/** A few products standing on a wooden shelf; decoration only. */
export function Lineup({ products }: { products: Product[] }) {
  return (
    <div className="lineup" aria-hidden="true">
      <div className="lineup-row">
        {products.map((product) => (
          <ProductArt key={product.id} product={product} standing />
        ))}
      </div>
      <div className="plank" />
    </div>
  );
}
