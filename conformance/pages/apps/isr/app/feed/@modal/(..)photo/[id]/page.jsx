import { Shown } from '../../../../../lib/shown';

/** A photo over the page it was opened from. */
export default async function Page({ params }) {
  return <Shown name={`opened:${(await params).id}`} />;
}
