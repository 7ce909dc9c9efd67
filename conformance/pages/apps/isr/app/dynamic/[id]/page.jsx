import { Shown } from '../../../lib/shown';

export const dynamic = 'force-dynamic';

/** A page that is rendered for every request. */
export default async function Page({ params }) {
  return <Shown name={`dynamic:${(await params).id}`} />;
}
