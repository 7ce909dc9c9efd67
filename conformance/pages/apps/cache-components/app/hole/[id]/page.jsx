import { connection } from 'next/server';
import { Suspense } from 'react';
import { ShownOf } from '../../../lib/shown';

async function Content({ params }) {
  await connection();
  return <ShownOf route="hole" params={params} />;
}

/** A page with a hole that is rendered for every request. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <Content params={params} />
    </Suspense>
  );
}
