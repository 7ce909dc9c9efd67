import { Shown } from '../../../lib/shown';

export const revalidate = 3600;

export function generateStaticParams() {
  return [];
}

/** A page the build renders for none. */
export default async function Page({ params }) {
  return <Shown name={`unlisted:${(await params).id}`} />;
}
