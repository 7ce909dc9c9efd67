import { connection } from 'next/server';
import { Suspense } from 'react';
import { Shown } from '../../../lib/item';
import { fetchItem } from '../../../lib/items';

/** A page whose item is kept by `fetch`. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>…</p>}>
      <Content params={params} />
    </Suspense>
  );
}

async function Content({ params }) {
  await connection();
  return <Shown item={await fetchItem((await params).id)} />;
}
