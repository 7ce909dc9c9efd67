import { cacheLife, cacheTag } from 'next/cache';
import { printed } from './printed';

/** What the pages show, by what it is of. Its tag is its name. */
export async function value(name) {
  'use cache';
  cacheTag(name, 'all');
  cacheLife({ stale: 300, revalidate: 3600, expire: 86_400 });
  return printed();
}

/** The same for what no instance can generate. */
export async function failing(name) {
  'use cache';
  cacheTag(name, 'all');
  await printed();
  throw new Error(`nothing to show of ${name}`);
}
