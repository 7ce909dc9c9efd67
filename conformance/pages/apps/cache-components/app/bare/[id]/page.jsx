import { ShownOf } from '../../../lib/shown';

export function generateStaticParams() {
  return [{ id: '1' }, { id: '2' }];
}

/** The same without a boundary, so that nothing can be shown of other ids before they are rendered. */
export default function Page({ params }) {
  return <ShownOf route="bare" params={params} />;
}
