import { notFound } from 'next/navigation';
import { value } from '../../../lib/value';

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ id: 'build' }];
}

/** A page that is only there for the build. */
export default async function Page({ params }) {
  const { id } = await params;
  await value(`missing:${id}`);
  if (id !== 'build') notFound();
  return <p>built</p>;
}
