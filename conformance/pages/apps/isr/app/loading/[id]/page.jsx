import { Shown } from '../../../lib/shown';

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ id: '1' }];
}

/** A page with a `loading.jsx`. */
export default async function Page({ params }) {
  return <Shown name={`loading:${(await params).id}`} />;
}
