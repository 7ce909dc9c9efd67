import { ShownOf } from '../../../lib/shown';

export function generateStaticParams() {
  return [{ id: '1' }];
}

/** A page whose boundary is that of its `loading.jsx`. */
export default function Page({ params }) {
  return <ShownOf route="loading" params={params} />;
}
