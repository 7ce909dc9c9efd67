import { mkdtempSync, writeFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Calls } from '../../use-cache/next/calls.mjs';
import { Request } from '../../use-cache/next/request.mjs';
import { corrupt } from '../../use-cache/next/corrupt.mjs';
import { buffersOf, made, problemsOf } from './values.mjs';

/*
 * What Next.js does around its route cache is not written anew here: these are its own
 * `IncrementalCache` and `ResponseCache`, of the version the shop has installed, around the handler.
 * What is left out is the render, which asks the origin instead.
 */

/** Whose Next.js it is. */
const shop = fileURLToPath(new URL('../../../examples/shop/package.json', import.meta.url));
const require = createRequire(shop);
const { IncrementalCache } = require('next/dist/server/lib/incremental-cache/index.js');
const { default: ResponseCache } = require('next/dist/server/response-cache/index.js');
const { nodeFs } = require('next/dist/server/lib/node-fs-methods.js');

/** The secret that tells on-demand revalidation from a visitor. */
const SECRET = 'a-secret-of-the-build';

/** Bytes Next.js allows for its own memory where nobody says otherwise. */
const DEFAULT_MEMORY = 50 << 20;

/** What a page says of its life where a scenario does not, in seconds. */
const LIFE = { revalidate: 900, expire: 31536000 };

/** Next.js around one handler class of the route cache. */
export class Server {
  #Handler;
  #run;
  #directory;
  #caches = new Map();
  #pending = new Set();

  /**
   * @param {Function} Handler what the module of a `cacheHandler` exports
   * @param {(key: string) => Promise<{ chunks: Uint8Array[], failure?: string }>} run renders a page
   * @param {string} build the id of the build this is
   */
  constructor(Handler, run, build) {
    this.#Handler = Handler;
    this.#run = run;
    const { CONFORMANCE_DIRECTORY: directory } = process.env;
    const root = mkdtempSync(join(directory, 'build-'));
    this.#directory = join(root, 'server');
    for (const router of ['app', 'pages'])
      mkdirSync(join(this.#directory, router), { recursive: true });
    writeFileSync(join(root, 'BUILD_ID'), build);
  }

  /**
   * Answers a request: its invalidations first, then its reads, all at once.
   *
   * @param {import('../../fleet/instance.mjs').Asked} asked
   * @returns {Promise<{ reads: import('../../fleet/instance.mjs').Seen[], calls:
   *   import('../../fleet/instance.mjs').Call[], ms: number }>} `about` has `cacheControl`, which Next.js
   *   would send, and `problems`: what was wrong with the value, in words
   */
  async answer({ invalidate, reads = [], ...how }) {
    const request = new Request(how);
    const calls = new Calls({});
    const began = performance.now();
    const cache = this.#incrementalCache(how.bypass);
    if (invalidate) {
      request.note(invalidate.tags, invalidate.durations);
      await request.run(() => cache.revalidateTag(invalidate.tags, invalidate.durations));
    }
    const answers = await Promise.all(
      reads.map(async (call) => {
        const since = performance.now();
        const fetched = call.kind === 'FETCH';
        const read = fetched
          ? await request.run(() => this.#fetch(cache, request, call))
          : await this.#page(cache, call, how.bypass === true);
        return { ...read, ms: performance.now() - since };
      }),
    );
    return { reads: answers, calls: calls.settled, ms: performance.now() - began };
  }

  /** Waits for everything that goes on after the answers. */
  async settled() {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /**
   * Next.js' route cache for one request, which constructs a handler of its own.
   *
   * @param {boolean} [onDemand] whether the request revalidates on demand, as its header says
   * @returns {IncrementalCache}
   */
  #incrementalCache(onDemand) {
    return new IncrementalCache({
      fs: nodeFs,
      dev: false,
      requestHeaders: onDemand ? { 'x-prerender-revalidate': SECRET } : {},
      minimalMode: false,
      flushToDisk: false,
      serverDistDir: this.#directory,
      maxMemoryCacheSize: DEFAULT_MEMORY,
      previewProps: { previewModeId: SECRET },
      prerenderManifest: { version: 4, routes: {}, dynamicRoutes: {}, notFoundRoutes: [] },
      CurCacheHandler: this.#Handler,
    });
  }

  /**
   * Reads a page or route through Next.js' response cache, as its server does.
   *
   * @param {IncrementalCache} cache of the request
   * @param {import('../../fleet/instance.mjs').Read} call
   * @param {boolean} onDemand whether the page is rendered whatever is cached
   * @returns {Promise<Omit<import('../../fleet/instance.mjs').Seen, 'ms'>>} rejects when the render fails
   */
  async #page(cache, call, onDemand) {
    const { key, kind = 'APP_PAGE', life, tags = [], ppr = false } = call;
    const cacheKind = kind === 'REDIRECT' || kind === 'NOT_FOUND' ? 'PAGES' : kind;
    let rendered = false;
    const render = async () => {
      if (call.shell) return this.#shell();
      const run = await this.#run(key);
      if (run.failure) throw new Error(run.failure);
      rendered = true;
      const value = made(kind, Buffer.concat(run.chunks), tags, { ppr });
      return { value: rendering(value), cacheControl: { ...LIFE, ...life } };
    };
    const entry = await this.#responseCache(cacheKind).get(pathOf(key), render, {
      incrementalCache: cache,
      routeKind: cacheKind,
      isOnDemandRevalidate: onDemand,
      isRoutePPREnabled: ppr,
      isFallback: false,
      waitUntil: (work) => this.#follow(work),
    });
    const value = entry?.value && (await settled(entry.value));
    const outcome = entry?.isStale
      ? 'stale'
      : rendered
        ? 'generated'
        : entry?.isMiss
          ? 'joined'
          : 'hit';
    const about = { cacheControl: entry?.cacheControl, problems: problemsOf(kind, value, { ppr }) };
    const bytes = Buffer.from(bytesOf(value));
    if (call.corrupts) for (const buffer of buffersOf(value)) corrupt(buffer);
    return { outcome, value: bytes, about };
  }

  /**
   * What is answered in place of a page whose route has a shell, as `app-page-runtime.js` has it.
   *
   * @returns {Promise<object>} an entry without cache control: it is not stored under the page
   */
  async #shell() {
    const value = made('APP_PAGE', Buffer.from('shell'), [], { ppr: true });
    const render = async () => ({ value: rendering(value), cacheControl: LIFE });
    const { cacheControl, ...shell } = await this.#responseCache('APP_PAGE').get(
      '/[page]',
      render,
      {
        // Next.js constructs a handler for each lookup of a page.
        incrementalCache: this.#incrementalCache(false),
        routeKind: 'APP_PAGE',
        isRoutePPREnabled: true,
        isFallback: true,
      },
    );
    return shell;
  }

  /**
   * Reads a response of `fetch`, as `patch-fetch.js` has it.
   *
   * @param {IncrementalCache} cache of the request
   * @param {Request} request that fetches
   * @param {import('../../fleet/instance.mjs').Read} call
   * @returns {Promise<Omit<import('../../fleet/instance.mjs').Seen, 'ms'>>}
   */
  async #fetch(cache, request, { key, tags = [], life = {}, form }) {
    const { revalidate = 900 } = life;
    const generate = async () => {
      const run = await this.#run(key);
      if (run.failure) return undefined;
      const value = made('FETCH', Buffer.concat(run.chunks), tags, { revalidate, form });
      await cache.set(key, value, {
        fetchCache: true,
        fetchUrl: `http://origin/${key}`,
        fetchIdx: 1,
        tags,
      });
      return value;
    };
    const unlock = await cache.lock(key);
    const entry = request.bypasses
      ? null
      : await cache.get(key, {
          kind: 'FETCH',
          revalidate,
          fetchUrl: `http://origin/${key}`,
          fetchIdx: 1,
          tags,
          softTags: request.softTags,
        });
    const about = { problems: entry ? problemsOf('FETCH', entry.value, { form }) : [] };
    if (entry) {
      await unlock();
      if (entry.isStale) this.#follow(generate());
      const outcome = entry.isStale ? 'stale' : 'hit';
      return { outcome, value: bytesOf(entry.value), about };
    }
    try {
      return { outcome: 'generated', value: bytesOf(await generate()), about };
    } finally {
      await unlock();
    }
  }

  /**
   * The response cache of a kind of routes, which lives as long as the process: concurrent requests
   * share a render in it.
   *
   * @param {'APP_PAGE' | 'APP_ROUTE' | 'PAGES'} kind
   */
  #responseCache(kind) {
    const sourceRoute =
      kind === 'PAGES' ? '/[page]' : `/[page]/${kind === 'APP_PAGE' ? 'page' : 'route'}`;
    if (!this.#caches.has(kind)) {
      this.#caches.set(
        kind,
        new ResponseCache({ minimalMode: false, route: { kind, sourceRoute } }),
      );
    }
    return this.#caches.get(kind);
  }

  /**
   * Has `settled` wait for something.
   *
   * @param {unknown} work a promise, which may reject, and nobody hears of it
   */
  #follow(work) {
    const followed = Promise.resolve(work).catch(() => {});
    this.#pending.add(followed);
    followed.finally(() => this.#pending.delete(followed));
  }
}

const { default: RenderResult } = require('next/dist/server/render-result.js');

/**
 * A value as a render hands it to the cache: pages are streams there.
 *
 * @param {object | null} value as `made` makes it
 */
function rendering(value) {
  if (value === null || !('html' in value)) return value;
  return { ...value, html: RenderResult.fromStatic(value.html, 'text/html') };
}

/** A value with its page as text again. */
async function settled(value) {
  return 'html' in value ? { ...value, html: await value.html.toUnchunkedString(true) } : value;
}

/**
 * The bytes of the origin in a value.
 *
 * @param {object | null | undefined} value of any kind; none has no bytes
 * @returns {Buffer}
 */
function bytesOf(value) {
  if (!value) return Buffer.alloc(0);
  if (value.kind === 'APP_ROUTE') return value.body;
  if (value.kind === 'FETCH') return Buffer.from(value.data.body ?? '', 'base64');
  if (value.kind === 'REDIRECT') return Buffer.from(value.props.pageProps.__N_REDIRECT);
  return Buffer.from(value.html);
}

/**
 * The path of a page for a key of the suite.
 *
 * @returns {string} beginning with a slash, of characters that no part of Next.js encodes
 */
function pathOf(key) {
  return `/${encodeURIComponent(key).replaceAll('%', '-')}`;
}
