import { loadedModule } from '../host/next-context.js';
import type { CacheControl } from './value.js';

/*
 * Since 16.4 Next.js takes the cache control of a page from what the handler answers. Before, it
 * asks a table of its own, which knows what this process rendered and what the build did, and takes
 * one second for anything else: every instance would render such a page once more. So the table is
 * told. It is static, under a name that was the same in all of 16; where it is not found, nothing
 * happens.
 */

/** What is read of that module of Next.js, where it is loaded. */
interface Module {
  readonly SharedCacheControls?: { readonly cacheControls?: unknown };
}

/** The table, once it was found. It is looked for at each answer until then. */
let table: Map<string, CacheControl> | undefined;

/**
 * Tells Next.js the cache control of what it is about to be answered under `cacheKey`.
 *
 * @param cacheControl in seconds; undefined is not passed on
 */
export function tellLifetime(cacheKey: string, cacheControl: CacheControl | undefined): void {
  if (!cacheControl) return;
  table ??= find();
  table?.set(cacheKey, cacheControl);
  // Until 16.2 a page is known there by its path.
  if (!cacheKey.startsWith('/route-cache/')) table?.set(routeOf(cacheKey), cacheControl);
}

function find(): Map<string, CacheControl> | undefined {
  const exported = loadedModule('lib/incremental-cache/shared-cache-controls.external') as Module;
  const found = exported?.SharedCacheControls?.cacheControls;
  return found instanceof Map ? found : undefined;
}

/** The path under which Next.js until 16.2 looks a page up. */
function routeOf(pathname: string): string {
  return pathname.replace(/(?:\/index)?\/?$/, '') || '/';
}
