import { redirect } from 'next/navigation';
import { value } from '../../../lib/value';

export function generateStaticParams() {
  return [{ id: 'build' }];
}

/** A page that leads elsewhere for every id but the one the build renders. */
export default async function Page({ params }) {
  const { id } = await params;
  await value(`moved:${id}`);
  if (id !== 'build') redirect('/static');
  return <p>built</p>;
}
