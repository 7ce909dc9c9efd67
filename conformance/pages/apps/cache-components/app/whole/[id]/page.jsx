'use cache';

import { cacheLife, cacheTag } from 'next/cache';
import { printed } from '../../../lib/printed';

export async function generateStaticParams() {
  return [{ id: '1' }];
}

/** A page that is cached as a whole. */
export default async function Page({ params }) {
  const { id } = await params;
  cacheTag(`whole:${id}`, 'all');
  cacheLife({ stale: 300, revalidate: 3600, expire: 86_400 });
  return <p data-printed={await printed()}>whole:{id}</p>;
}
