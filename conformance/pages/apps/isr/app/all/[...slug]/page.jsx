import { Shown } from '../../../lib/shown';

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ slug: ['1'] }, { slug: ['1', 'more'] }];
}

/** A page of whatever follows in the path. */
export default async function Page({ params }) {
  return <Shown name={`all:${(await params).slug.join('/')}`} />;
}
