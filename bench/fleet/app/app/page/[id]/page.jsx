import { Suspense } from 'react';
import { Item } from '../../../lib/item';

/** A page of one cached read. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>…</p>}>
      <Content params={params} />
    </Suspense>
  );
}

async function Content({ params }) {
  return <Item id={(await params).id} />;
}
