import Link from 'next/link';
import type { CSSProperties } from 'react';
import { formatPrice } from '@/shop/money';
import type { Product } from '@/shop/types';
import { ProductArt } from './art/product-art';

/** A product on a shelf: drawing, name, maker and price, all of it a link to its page. */
export function ProductCard({ product }: { product: Product }) {
  return (
    <li className="card" style={{ '--hue': product.hue } as CSSProperties}>
      <Link href={`/product/${product.id}`} prefetch={false}>
        <span className="card-art">
          <ProductArt product={product} />
        </span>
        <span className="card-name">{product.name}</span>
        <span className="card-price">{formatPrice(product.price)}</span>
        <span className="card-maker">
          {product.maker}, {product.size}
        </span>
      </Link>
    </li>
  );
}
