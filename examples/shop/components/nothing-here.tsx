import Link from 'next/link';

/** What a visitor sees where no product, shelf or page is. */
export function NothingHere() {
  return (
    <main className="plain">
      <p className="eyebrow">An empty hook</p>
      <h1>Nothing on this shelf.</h1>
      <p className="lede">
        Perhaps it sold out years ago.{' '}
        <Link href="/" prefetch={false}>
          Everything we do have is here.
        </Link>
      </p>
    </main>
  );
}
