import { Suspense } from 'react';

/** A page whose content follows its frame. */
export function streamed(Content) {
  return function Page({ params }) {
    return (
      <Suspense fallback={<p>…</p>}>
        <Content params={params} />
      </Suspense>
    );
  };
}
