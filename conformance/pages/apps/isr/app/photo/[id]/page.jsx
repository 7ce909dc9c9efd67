import { Shown } from '../../../lib/shown';

export const revalidate = 3600;

export function generateStaticParams() {
  return [];
}

/** A photo on a page of its own. */
export default async function Page({ params }) {
  return <Shown name={`photo:${(await params).id}`} />;
}
