import { Suspense } from 'react';
import { Shown } from '../../../lib/shown';

export function generateStaticParams() {
  return [{ slug: ['1'] }, { slug: ['1', 'more'] }];
}

async function Content({ params }) {
  return <Shown name={`all:${(await params).slug.join('/')}`} />;
}

/** A page of whatever follows in the path. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <Content params={params} />
    </Suspense>
  );
}
