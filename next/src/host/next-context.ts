import type { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';

/*
 * What Next.js knows and does not tell a handler: who reads, and which request invalidates.
 *
 * Both are in its AsyncLocalStorages. 16.4 keeps them on globalThis under a symbol that carries its
 * version; before, they are in two modules that Next.js has always loaded by `require` before it
 * calls a handler, so they are found in the module cache wherever Next.js is installed. Everything
 * here is optional: when nothing is found, or it looks different, callers take the cautious way.
 */

/** A request of Next.js, for as long as it lives. Its fields are those this package reads. */
export interface WorkStore {
  /** The pattern of the page or route that is rendered. */
  readonly route?: string;
  /** Whether it generates everything anew, whatever is cached. */
  readonly isOnDemandRevalidate?: boolean;
  /** What the request has invalidated, as far as Next.js notes that. */
  readonly pendingRevalidatedTags?: readonly {
    readonly tag: string;
    /** The moment of the newest invalidation of `tag` in this request; since 16.3. */
    readonly revalidatedAt?: number;
  }[];
}

/**
 * Who reads an entry. A `page` only renders it. A `shell` (a static prerender) and a `cache`
 * (another cached function) store what they read under a life of their own. `unknown` may be any of
 * them.
 */
export type Consumer = 'page' | 'shell' | 'cache' | 'unknown';

/** What is being rendered or cached in it: only its name is read. */
interface WorkUnitStore {
  readonly type?: string;
}

/**
 * The request in whose context this is called, if it is known. Undefined outside a request, and
 * where Next.js is not found.
 */
export function workStore(): WorkStore | undefined {
  return storeOf<WorkStore>('work', 'workAsyncStorage');
}

/** Who reads in whose context this is called. `unknown` where that cannot be found out. */
export function consumer(): Consumer {
  switch (storeOf<WorkUnitStore>('work-unit', 'workUnitAsyncStorage')?.type) {
    case 'request':
    case 'prerender-runtime':
      return 'page';
    case 'prerender':
    case 'prerender-legacy':
      return 'shell';
    case 'cache':
    case 'private-cache':
    case 'unstable-cache':
      return 'cache';
    default:
      return 'unknown';
  }
}

/**
 * Runs `task` in the request it is called in, but as no part of its render: what a render asks for,
 * such as the time, makes it dynamic. Where Next.js is not found the task just runs.
 */
export function besideRender<R>(task: () => R): R {
  const units = storageOf('work-unit', 'workUnitAsyncStorage');
  return units ? units.exit(task) : task();
}

/**
 * Whether Next.js notes in the record of an invalidation when it was made, as it does since 16.3.
 * Taken to be so when its version is not known.
 */
export function stampsInvalidations(): boolean {
  const [path] = loaded('work');
  if (path === undefined) return true;
  try {
    const { version } = createRequire(path)('../../../package.json') as { version?: string };
    return !/^16\.[0-2]\./.test(version ?? '');
  } catch {
    return true;
  }
}

const { cache } = createRequire(import.meta.url);

/** The storages, by kind; undefined for one that was looked for and is not there. */
const found = new Map<string, AsyncLocalStorage<object> | undefined>();

/** The store of a kind in whose context this is called. */
function storeOf<S extends object>(kind: string, exported: string): S | undefined {
  return storageOf(kind, exported)?.getStore() as S | undefined;
}

/** The storage of a kind, looked for once. */
function storageOf(kind: string, exported: string): AsyncLocalStorage<object> | undefined {
  if (!found.has(kind)) found.set(kind, onGlobal(kind) ?? inModuleCache(kind, exported));
  return found.get(kind);
}

/** The storage as 16.4 keeps it. */
function onGlobal(kind: string): AsyncLocalStorage<object> | undefined {
  const prefix = `@next/${kind}-async-storage@`;
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    if (!Symbol.keyFor(symbol)?.startsWith(prefix)) continue;
    const storage = (globalThis as Record<symbol, unknown>)[symbol];
    if (isStorage(storage)) return storage;
  }
  return undefined;
}

/** The storage as versions before keep it. */
function inModuleCache(kind: string, exported: string): AsyncLocalStorage<object> | undefined {
  for (const path of loaded(kind)) {
    const storage = (cache[path]?.exports as Record<string, unknown> | undefined)?.[exported];
    if (isStorage(storage)) return storage;
  }
  return undefined;
}

/** The paths of the modules with the storage of a kind, as far as they are loaded. */
function loaded(kind: string): string[] {
  return loadedAs(`app-render/${kind}-async-storage.external`);
}

/** The paths of the loaded modules of Next.js' server of this name. */
function loadedAs(name: string): string[] {
  const end = join('next', 'dist', 'server', ...`${name}.js`.split('/'));
  return Object.keys(cache).filter((path) => path.endsWith(sep + end));
}

/**
 * What a module of Next.js' server exports, if it is loaded.
 *
 * @param name its path below `next/dist/server`, with slashes and without `.js`
 * @returns undefined where it is not loaded: nothing is loaded for this
 */
export function loadedModule(name: string): unknown {
  const [path] = loadedAs(name);
  return path === undefined ? undefined : cache[path]?.exports;
}

function isStorage(value: unknown): value is AsyncLocalStorage<object> {
  return typeof (value as { getStore?: unknown } | undefined)?.getStore === 'function';
}
