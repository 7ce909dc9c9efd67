import { readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Build } from './build.js';
import { pathnameOf, pathOf } from './key.js';
import type { CallContext } from './route-key.js';
import type { CacheControl, Headers, RouteValue } from './value.js';

/**
 * What Next.js writes beside a page it prerendered. It is the `.meta` file; which of its fields
 * there are differs by version.
 */
interface Meta {
  readonly headers?: Headers;
  readonly status?: number;
  readonly postponed?: string;
  readonly segmentPaths?: readonly string[];
  readonly cacheControl?: CacheControl;
  readonly routeCacheLastModified?: number;
  readonly routeCache?: { readonly key: string; readonly isFallback?: boolean };
}

/** How Next.js asks for a page or route. */
export interface Asked {
  readonly kind: 'APP_PAGE' | 'APP_ROUTE' | 'PAGES';
  /** Whether the shell of a dynamic route is asked for, and not a page. */
  readonly isFallback: boolean;
  /** Whether a page with holes will do. */
  readonly isRoutePPREnabled: boolean;
}

/** How Next.js asks, by what it says beside a key. */
export function askedFor({ kind, isFallback, isRoutePPREnabled }: CallContext): Asked {
  return {
    kind: kind === 'APP_ROUTE' || kind === 'PAGES' ? kind : 'APP_PAGE',
    isFallback: isFallback === true,
    isRoutePPREnabled: isRoutePPREnabled === true,
  };
}

/** A page as the build left it. */
export interface Seed {
  /** `null` is a page the build found not to exist. */
  readonly value: RouteValue | null;
  /** In seconds; undefined where the build says nothing of it. */
  readonly cacheControl: CacheControl | undefined;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
}

/**
 * What a build rendered under a key, if it did. The file of a page belongs to the key that is noted
 * in it (since 16.3), or to the key that is its path (before).
 *
 * A file that is missing, or cannot be read, is no page. Nothing outside of the build's directories
 * is read, whatever the key says.
 *
 * @returns undefined where the build did not render it
 */
export async function readSeed(
  build: Build,
  cacheKey: string,
  asked: Asked,
): Promise<Seed | undefined> {
  const pathname = pathnameOf(cacheKey);
  for (const root of rootsOf(build, cacheKey, asked)) {
    const base = join(root.directory, root.name);
    if (!base.startsWith(root.directory + sep)) return undefined;
    const meta = (await metaOf(base)) ?? bare(cacheKey, asked);
    if (meta && belongs(meta, cacheKey, asked, root.scoped)) {
      const cacheControl = meta.cacheControl ?? (await build.controlOf(pathOf(pathname)));
      const found = await foundAt(base, meta, asked).catch(() => undefined);
      if (found) return { ...found, cacheControl };
    }
  }
  if (asked.kind !== 'PAGES' || !(await build.lacks(pathOf(pathname)))) return undefined;
  const cacheControl = await build.controlOf(pathOf(pathname));
  return { value: null, cacheControl, madeAt: await build.madeAt() };
}

/** Where the files of a key may be, and whether that is a place of this key alone. */
function rootsOf(build: Build, cacheKey: string, { kind }: Asked) {
  const router = join(build.server, kind === 'PAGES' ? 'pages' : 'app');
  const pathname = pathnameOf(cacheKey);
  const plain = { directory: router, name: pathname, scoped: false };
  if (pathname === cacheKey) return [plain];
  return [{ directory: build.server, name: cacheKey, scoped: true }, plain];
}

/** What is noted beside a page; undefined where there is nothing, or no JSON. */
async function metaOf(base: string): Promise<Meta | undefined> {
  try {
    return JSON.parse(await readFile(`${base}.meta`, 'utf8')) as Meta;
  } catch {
    return undefined;
  }
}

/** Until 16.2 there was nothing to note beside a page of the Pages Router. */
function bare(cacheKey: string, { kind }: Asked): Meta | undefined {
  return kind === 'PAGES' && !cacheKey.startsWith('/route-cache/') ? {} : undefined;
}

/** Whether a file is of this key. As Next.js' own disk cache decides it. */
function belongs(
  { routeCache, postponed }: Meta,
  key: string,
  asked: Asked,
  scoped: boolean,
): boolean {
  if (scoped) return true;
  if (!routeCache) return !key.startsWith('/route-cache/');
  if (routeCache.key !== key) return false;
  const shell = asked.kind === 'APP_PAGE' && asked.isRoutePPREnabled && postponed != null;
  return shell || Boolean(routeCache.isFallback) === asked.isFallback;
}

/** What is in the files, as far as they are all there, and when they were written. */
async function foundAt(
  base: string,
  meta: Meta,
  asked: Asked,
): Promise<Omit<Seed, 'cacheControl'>> {
  const value = await valueOf(base, meta, asked);
  const { mtimeMs } = await stat(`${base}${asked.kind === 'APP_ROUTE' ? '.body' : '.html'}`);
  return { value, madeAt: meta.routeCacheLastModified ?? mtimeMs };
}

/**
 * The value that the files of a page hold.
 *
 * @throws Error when one of them is missing
 */
async function valueOf(base: string, meta: Meta, asked: Asked): Promise<RouteValue> {
  const { headers, status, postponed, segmentPaths } = meta;
  const text = (suffix: string): Promise<string> => readFile(base + suffix, 'utf8');
  switch (asked.kind) {
    case 'APP_ROUTE':
      return {
        kind: 'APP_ROUTE',
        body: await readFile(`${base}.body`),
        status: status ?? 200,
        headers: headers ?? {},
      };
    case 'PAGES': {
      const pageData = asked.isFallback ? {} : (JSON.parse(await text('.json')) as object);
      return { kind: 'PAGES', html: await text('.html'), pageData, headers, status };
    }
    case 'APP_PAGE': {
      const whole = !asked.isFallback && (!asked.isRoutePPREnabled || postponed == null);
      return {
        kind: 'APP_PAGE',
        html: await text('.html'),
        rscData: whole ? await readFile(`${base}.rsc`) : undefined,
        postponed,
        segmentData: segmentPaths && (await segmentsOf(base, segmentPaths)),
        headers,
        status,
      };
    }
  }
}

/** What a browser prefetches of a page, by path within it. */
async function segmentsOf(base: string, paths: readonly string[]): Promise<Map<string, Buffer>> {
  const segments = new Map<string, Buffer>();
  for (const path of paths) {
    segments.set(path, await readFile(`${base}.segments${path}.segment.rsc`));
  }
  return segments;
}
