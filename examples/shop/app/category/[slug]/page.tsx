import type { Metadata } from 'next';
import { connection } from 'next/server';
import { GeneratedNote } from '@/components/generated-note';
import { Lineup } from '@/components/lineup';
import { NotShown, notShownMetadata } from '@/components/not-shown';
import { PageFooter } from '@/components/page-footer';
import { ProductGrid } from '@/components/product-grid';
import { getShelf } from '@/shop/catalogue';
import { parseSlug } from '@/shop/identifiers';
import { reading } from '@/shop/reading';
import { requestBegan } from '@/shop/request';

type CategoryPageProps = PageProps<'/category/[slug]'>;

async function findShelf(text: string) {
  const slug = parseSlug(text);
  const found = slug === undefined ? undefined : await getShelf(slug);
  return found?.value ? { found, shelf: found.value } : undefined;
}

async function readShelf(params: CategoryPageProps['params']) {
  await connection();
  requestBegan();
  return reading(findShelf((await params).slug));
}

/** The title of a shelf. */
export async function generateMetadata({ params }: CategoryPageProps): Promise<Metadata> {
  const read = await readShelf(params);
  return read.outcome === 'found'
    ? { title: read.value.shelf.name }
    : notShownMetadata(read.outcome);
}

/** One shelf with everything on it. */
export default async function CategoryPage({ params }: CategoryPageProps) {
  const read = await readShelf(params);
  if (read.outcome !== 'found') return <NotShown because={read.outcome} />;
  const { found, shelf } = read.value;
  return (
    <>
      <main>
        <section className="hero">
          <div>
            <p className="eyebrow">{shelf.products.length} on the shelf</p>
            <h1>{shelf.name}</h1>
            <p className="lede">{shelf.intro}</p>
          </div>
          <Lineup products={shelf.products.slice(0, 6)} />
        </section>
        <section className="shelf">
          <ProductGrid products={shelf.products} />
        </section>
      </main>
      <PageFooter>
        <GeneratedNote
          block="shelf"
          directive="use cache"
          tags={`products, category:${shelf.slug}, product:N of each`}
          of={found}
        />
      </PageFooter>
    </>
  );
}
