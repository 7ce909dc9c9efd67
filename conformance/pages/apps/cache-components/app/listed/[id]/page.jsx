import { Suspense } from 'react';
import { ShownOf } from '../../../lib/shown';

export function generateStaticParams() {
  return [{ id: '1' }, { id: '2' }];
}

/** A page the build renders for some ids, and a shell of for all others. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <ShownOf route="listed" params={params} />
    </Suspense>
  );
}
