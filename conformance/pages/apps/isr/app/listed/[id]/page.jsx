import { Shown } from '../../../lib/shown';

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ id: '1' }, { id: '2' }];
}

/** A page the build renders for some ids, and whoever asks first for all others. */
export default async function Page({ params }) {
  return <Shown name={`listed:${(await params).id}`} />;
}
