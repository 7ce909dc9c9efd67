import { value } from '../../../lib/value';

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ id: 'build' }];
}

/** A page that fails for every id but the one the build renders. */
export default async function Page({ params }) {
  const { id } = await params;
  await value(`thrown:${id}`);
  if (id !== 'build') throw new Error(`nothing to show of ${id}`);
  return <p>built</p>;
}
