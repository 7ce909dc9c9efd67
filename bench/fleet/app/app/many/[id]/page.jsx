import { Suspense } from 'react';
import { Item } from '../../../lib/item';
import { shelf } from '../../../lib/shelf';

/** A page of many cached reads. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>…</p>}>
      <Content params={params} />
    </Suspense>
  );
}

async function Content({ params }) {
  return shelf(Number((await params).id)).map((id) => <Item key={id} id={id} />);
}
