import Link from 'next/link';
import { getCategories } from '@/shop/catalogue';

/** The sign over the door: the name of the shop, and its shelves when they can be read. */
export async function SiteHeader() {
  const categories = await getCategories().catch(() => undefined);
  return (
    <header className="site-header">
      <Link href="/" prefetch={false} className="wordmark">
        Fennel <span>&amp;</span> Rye
      </Link>
      <nav aria-label="Shelves">
        {categories?.value.map(({ slug, name }) => (
          <Link key={slug} href={`/category/${slug}`} prefetch={false}>
            {name}
          </Link>
        ))}
        <Link href="/till" prefetch={false}>
          Till
        </Link>
      </nav>
    </header>
  );
}
