import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Client } from '../client/client.js';
import type { Clock } from '../runtime/clock.js';
import type { Build } from './build.js';
import { pageKey } from './key.js';
import type { Asked } from './seed.js';
import { seed } from './seeding.js';

/** Pages put at the same time. */
const AT_ONCE = 8;

/** Milliseconds for which a lease is kept that is ended at once. */
const MOMENT = 1000;

/** Where a build leaves pages: by their path, or by their key where two have one path. */
const ROUTERS = ['app', 'pages', 'route-cache'] as const;

/** A page in a build, and how it is asked for. */
interface Page {
  readonly cacheKey: string;
  readonly asked: Asked;
}

/** What is read of the file beside a page. */
interface Meta {
  readonly routeCache?: {
    readonly key: string;
    readonly isFallback?: boolean;
    readonly owner?: { readonly kind?: Asked['kind'] };
  };
  readonly postponed?: string;
}

/**
 * How many pages of a build were put, and how many were there, or had expired. Together they are
 * all pages of the build.
 */
export interface Seeded {
  readonly put: number;
  readonly passed: number;
}

/**
 * Puts every page a build rendered that nobody has put yet. Eight are put at a time. One that is
 * there, whoever put it, is left alone.
 *
 * @throws Error when a file of the build cannot be read
 */
export async function seedAll(client: Client, build: Build, clock: Clock): Promise<Seeded> {
  const pages = (await Promise.all(ROUTERS.map((router) => pagesOf(build, router)))).flat();
  let put = 0;
  const work = async (): Promise<void> => {
    for (let page = pages.pop(); page; page = pages.pop()) {
      if (await seedOne(client, build, page, clock)) put++;
    }
  };
  const count = pages.length;
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { put, passed: count - put };
}

/**
 * Puts one page, under its lease, so that no process renders it meanwhile.
 *
 * @returns whether it is there now and was not before
 */
async function seedOne(
  client: Client,
  build: Build,
  { cacheKey, asked }: Page,
  clock: Clock,
): Promise<boolean> {
  const key = pageKey(build.id, cacheKey);
  const look = async (): Promise<'there' | 'missing' | 'unknown'> => {
    const options = { wait: 0, freshOnly: false, generation: MOMENT };
    const { lookup } = await client.lookup(key, [], options);
    if (lookup.state !== 'miss') return 'there';
    return lookup.answered ? 'missing' : 'unknown';
  };
  let seeded = false;
  if (
    (await look()) === 'missing' &&
    (await seed(client, { build, cacheKey, key }, asked, clock))
  ) {
    // It sees what was sent before it, so that it also waits for that.
    seeded = (await look()) === 'there';
  }
  client.release(key);
  return seeded;
}

/** The pages in a directory of a build, as the files beside them name them. */
async function pagesOf(build: Build, router: (typeof ROUTERS)[number]): Promise<Page[]> {
  const root = join(build.server, router);
  const files = await readdir(root, { recursive: true }).catch(() => [] as string[]);
  const pages: Page[] = [];
  for (const file of files) {
    const name = `/${file.split(sep).join('/')}`;
    if (name.endsWith('.meta')) {
      pages.push(pageOf(name, await readFile(join(root, file), 'utf8'), router, files));
    } else if (router === 'pages' && name.endsWith('.json')) {
      // Until 16.2 there is nothing else beside a page of the Pages Router.
      const path = name.slice(0, -'.json'.length);
      const beside = (suffix: string) => files.includes(file.slice(0, -'.json'.length) + suffix);
      if (beside('.html') && !beside('.meta'))
        pages.push({ cacheKey: path, asked: askedOf('PAGES', false, false) });
    }
  }
  return pages;
}

/**
 * A page by the `.meta` file beside it.
 *
 * @param name of that file below the router's directory, with slashes
 * @param files all names below that directory
 */
function pageOf(name: string, text: string, router: string, files: readonly string[]): Page {
  const path = name.slice(0, -'.meta'.length);
  const { routeCache, postponed } = JSON.parse(text) as Meta;
  const isRoute = files.includes(`${path.slice(1).split('/').join(sep)}.body`);
  const likely = router === 'pages' ? 'PAGES' : isRoute ? 'APP_ROUTE' : 'APP_PAGE';
  const kind = routeCache?.owner?.kind ?? likely;
  const asked = askedOf(kind, routeCache?.isFallback === true, postponed !== undefined);
  return { cacheKey: routeCache?.key ?? path, asked };
}

/** How Next.js would ask for it. */
function askedOf(kind: Asked['kind'], isFallback: boolean, isRoutePPREnabled: boolean): Asked {
  return { kind, isFallback, isRoutePPREnabled };
}
