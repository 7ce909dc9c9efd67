import { Suspense } from 'react';
import { ShownOf } from '../../../lib/shown';

export function generateStaticParams() {
  return [{ id: '1' }, { id: '2' }];
}

async function Live() {
  const answer = await fetch('data:text/plain,now');
  return <p>{await answer.text()}</p>;
}

/** A page the build renders but for what is fetched for every request. */
export default function Page({ params }) {
  return (
    <main>
      <Suspense fallback={<p>one moment</p>}>
        <ShownOf route="mixed" params={params} />
      </Suspense>
      <Suspense fallback={<p>one moment</p>}>
        <Live />
      </Suspense>
    </main>
  );
}
