import { failing } from '../../../lib/value';

export function generateStaticParams() {
  return [{ id: 'build' }];
}

/** A page that fails for every id but the one the build renders. */
export default async function Page({ params }) {
  const { id } = await params;
  if (id !== 'build') await failing(`thrown:${id}`);
  return <p>built</p>;
}
