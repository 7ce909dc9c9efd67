import { Suspense } from 'react';
import { ShownOf } from '../../../../../lib/shown';

/** A photo over the page it was opened from. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <ShownOf route="opened" params={params} />
    </Suspense>
  );
}
