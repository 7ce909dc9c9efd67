import { keyOf, type Key } from '../entry/key.js';
import { encoded } from '../wire/tag-names.js';

/** What Next.js puts before the pathname in the key of a page or route, since 16.3. */
const SCOPED = /^\/route-cache\/[A-Z_]+\/[0-9a-f]+\/\$(?=\/)/;

/** What the tags of paths begin with. */
const PATH_TAG = '_N_T_';

/** The format of values. One of another format is not read: to its reader it is a miss. */
export const FORMAT = 2;

/** What is stored, by who may read it: one build, or every deployment of an app. */
export type Space = 'route' | 'fetch' | 'image';

/*
 * Keys of pages and routes are the same in every build, and what they hold is not: a page names
 * chunks of its build. So the build is added. Keys of `fetch` and of images hold everything they
 * depend on. Values of another format are under other keys: adapters of two versions do not disturb
 * each other.
 */

/**
 * The Larder key of a page or route of one build.
 *
 * @param build the id of the build, as Next.js names it
 * @param cacheKey as Next.js hands it in: a pathname, and since 16.3 a scoped one
 */
export function pageKey(build: string, cacheKey: string): Key {
  return keyOf(`larder:route:${FORMAT}\n${build}\n${cacheKey}`);
}

/** The Larder key of a `fetch`, an `unstable_cache` or an image. */
export function sharedKey(space: 'fetch' | 'image', cacheKey: string): Key {
  return keyOf(`larder:${space}:${FORMAT}\n${cacheKey}`);
}

/**
 * The pathname in the key of a page or route, as files and manifests name it: that of the start
 * page is `/index`.
 */
export function pathnameOf(cacheKey: string): string {
  return cacheKey.replace(SCOPED, '');
}

/**
 * The path a visitor asks for, of the pathname in a key. `/index` is `/`, and `/index/…` a page
 * that is called so.
 */
export function pathOf(pathname: string): string {
  if (pathname === '/index') return '/';
  return pathname.startsWith('/index/') ? pathname.slice('/index'.length) : pathname;
}

/**
 * The tags by which `revalidatePath` reaches a page that carries none. Since 16.3 Next.js encodes
 * what a header cannot hold; before, it did not.
 */
export function pathTags(pathname: string): string[] {
  const path = pathOf(pathname);
  const tags = [path, encoded(path)].map((name) => PATH_TAG + name);
  return [...new Set(tags)];
}
