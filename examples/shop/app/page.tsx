import Link from 'next/link';
import { connection } from 'next/server';
import { GeneratedNote } from '@/components/generated-note';
import { Lineup } from '@/components/lineup';
import { NotShown } from '@/components/not-shown';
import { PageFooter } from '@/components/page-footer';
import { ProductGrid } from '@/components/product-grid';
import { getCategories, getProducts } from '@/shop/catalogue';
import { reading } from '@/shop/reading';
import { requestBegan } from '@/shop/request';

/** The catalogue: every shelf with everything on it. */
export default async function CataloguePage() {
  await connection();
  requestBegan();
  const read = await reading(Promise.all([getProducts(), getCategories()]));
  if (read.outcome !== 'found') return <NotShown because={read.outcome} />;
  const [products, categories] = read.value;
  const onShelf = (slug: string) => products.value.filter(({ category }) => category === slug);
  const window = categories.value.flatMap(({ slug }) => onShelf(slug).slice(0, 1));
  return (
    <>
      <main>
        <section className="hero">
          <div>
            <p className="eyebrow">Provisions, since last Tuesday</p>
            <h1>Good things, put&nbsp;by.</h1>
            <p className="lede">
              {products.value.length} reasons to open the larder door: preserves, oils, leaves,
              beans, spices and the quiet grains underneath.
            </p>
          </div>
          <Lineup products={window} />
        </section>
        {categories.value.map((category) => (
          <section key={category.slug} className="shelf">
            <div className="shelf-head">
              <h2>
                <Link href={`/category/${category.slug}`} prefetch={false}>
                  {category.name}
                </Link>
              </h2>
              <p>{category.intro}</p>
            </div>
            <ProductGrid products={onShelf(category.slug)} />
          </section>
        ))}
      </main>
      <PageFooter>
        <GeneratedNote
          block="catalogue"
          directive="use cache"
          tags="products, product:N of each"
          of={products}
        />
        <GeneratedNote block="shelves" directive="use cache" tags="categories" of={categories} />
      </PageFooter>
    </>
  );
}
