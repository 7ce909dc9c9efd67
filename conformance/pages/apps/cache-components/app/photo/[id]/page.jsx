import { Suspense } from 'react';
import { ShownOf } from '../../../lib/shown';

/** A photo on a page of its own. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <ShownOf route="photo" params={params} />
    </Suspense>
  );
}
