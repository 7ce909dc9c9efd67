import type { CSSProperties } from 'react';
import type { Product } from '@/shop/types';
import { Vessel } from './vessels';

/** A drawing of a product, generated from its shape, colour, ornament and short name. */
export function ProductArt({
  product,
  standing = false,
}: {
  product: Product;
  standing?: boolean;
}) {
  return (
    <svg
      className={standing ? 'art standing' : 'art'}
      viewBox={standing ? '34 8 132 216' : '0 0 200 240'}
      style={{ '--hue': product.hue } as CSSProperties}
      role="img"
      aria-label={product.name}
    >
      {standing ? null : <ellipse className="shadow" cx="100" cy="223" rx="66" ry="7" />}
      <Vessel shape={product.shape} contents={product} />
    </svg>
  );
}
