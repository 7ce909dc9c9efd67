import type { Metadata } from 'next';
import Link from 'next/link';
import { connection } from 'next/server';
import type { CSSProperties } from 'react';
import { Suspense } from 'react';
import { ProductArt } from '@/components/art/product-art';
import { GeneratedNote } from '@/components/generated-note';
import { NotShown, notShownMetadata } from '@/components/not-shown';
import { PageFooter } from '@/components/page-footer';
import { PriceForm } from '@/components/price-form';
import { SameShelf } from '@/components/same-shelf';
import { StockLevel } from '@/components/stock-level';
import { getProduct, getStock } from '@/shop/catalogue';
import { parseProductId } from '@/shop/identifiers';
import { formatPrice, priceInput } from '@/shop/money';
import { reading } from '@/shop/reading';
import { parseRefusal } from '@/shop/refusals';
import { requestBegan } from '@/shop/request';

type ProductPageProps = PageProps<'/product/[id]'>;

async function findProduct(text: string) {
  const id = parseProductId(text);
  if (id === undefined) return undefined;
  // A page without a stock level is better than none.
  const [found, stock] = await Promise.all([getProduct(id), getStock(id).catch(() => undefined)]);
  return found.value ? { found, stock, product: found.value } : undefined;
}

async function readProduct(params: ProductPageProps['params']) {
  await connection();
  requestBegan();
  return reading(findProduct((await params).id));
}

/** The title of a product. */
export async function generateMetadata({ params }: ProductPageProps): Promise<Metadata> {
  const read = await readProduct(params);
  return read.outcome === 'found'
    ? { title: read.value.product.name }
    : notShownMetadata(read.outcome);
}

/** One product, its stock, and the shopkeeper's price tag. */
export default async function ProductPage({ params, searchParams }: ProductPageProps) {
  const read = await readProduct(params);
  if (read.outcome !== 'found') return <NotShown because={read.outcome} />;
  const { found, stock, product } = read.value;
  const refused = parseRefusal((await searchParams).refused);
  return (
    <>
      <main style={{ '--hue': product.hue } as CSSProperties}>
        <article className="product">
          <div className="product-art">
            <ProductArt product={product} />
          </div>
          <div className="product-text">
            <p className="eyebrow">
              <Link href={`/category/${product.category}`} prefetch={false}>
                {product.categoryName}
              </Link>{' '}
              · {product.maker}
            </p>
            <h1>{product.name}</h1>
            <p className="lede">{product.story}</p>
            <p className="product-price">
              <strong data-price={product.price}>{formatPrice(product.price)}</strong>
              <span>{product.size}</span>
              <StockLevel left={stock?.value?.stock} />
            </p>
            <section className="counter" aria-label="Shopkeeper">
              <h2>Behind the counter</h2>
              <PriceForm id={product.id} price={priceInput(product.price)} refused={refused} />
            </section>
            <section className="notes" aria-label="Where this comes from">
              <GeneratedNote
                block="product"
                directive="use cache: remote"
                tags={`products, product:${product.id}, category:${product.category}`}
                of={found}
              />
              {stock ? (
                <GeneratedNote
                  block="stock"
                  directive="use cache: remote"
                  tags={`stock, stock:${product.id}`}
                  of={stock}
                />
              ) : null}
            </section>
          </div>
        </article>
        <Suspense fallback={<div className="same-shelf-wait" aria-hidden="true" />}>
          <SameShelf product={product} />
        </Suspense>
      </main>
      <PageFooter />
    </>
  );
}
