/** The silhouettes a product can be drawn in. */
export type Shape = 'jar' | 'bottle' | 'tin' | 'bag' | 'shaker' | 'box';

/** The ornaments a label can be printed with. */
export type Motif = 'sprig' | 'sun' | 'arch' | 'dots' | 'check' | 'wave' | 'diamond' | 'stripe';

/** One article of the shop, as the origin describes it; `price` is in euro cents. */
export interface Product {
  id: number;
  name: string;
  label: string;
  maker: string;
  size: string;
  hue: number;
  motif: Motif;
  story: string;
  price: number;
  category: string;
  categoryName: string;
  shape: Shape;
}

/** One shelf of the shop. */
export interface Category {
  slug: string;
  name: string;
  shape: Shape;
  intro: string;
  products: number;
}

/** One shelf with everything on it. */
export interface Shelf extends Omit<Category, 'products'> {
  products: Product[];
}

/** How many of a product are left. */
export interface Stock {
  id: number;
  stock: number;
}

/** A cached value together with where and when it was generated. */
export interface Generated<T> {
  value: T;
  generatedBy: string;
  generatedAt: string;
}
