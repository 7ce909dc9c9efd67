import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Client } from '../../src/client/client.js';
import { now } from '../../src/runtime/clock.js';
import type { LarderEvent } from '../../src/events/events.js';
import type { ServedRequest } from '../../src/host/request.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import type { Consumer, WorkStore } from '../../src/host/next-context.js';
import { RequestReads } from '../../src/client/request-reads.js';
import type { RouteAnswer } from '../../src/route/life.js';
import { RouteCache } from '../../src/route/route-cache.js';
import type { CallContext } from '../../src/route/route-key.js';
import type { AppPage, CacheControl, RouteValue } from '../../src/route/value.js';
import { RequestScope, type HandlerContext } from '../../src/route/request-scope.js';
import type { Settings } from '../../src/runtime/settings.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { handlerOf, untilPut, type RecordingLog } from './fixtures.js';
import { PATIENT } from './instance.js';

/** What a page says that was rendered, and how Next.js calls the way it was served. */
export interface Served {
  readonly text: string;
  readonly how: 'HIT' | 'STALE' | 'MISS';
}

/** The context of the `get` of a page. */
export const PAGE: CallContext = { kind: 'APP_PAGE', isFallback: false, isRoutePPREnabled: false };

/** A page that says `text`. */
export function page(text: string, tags = 't'): AppPage {
  return {
    kind: 'APP_PAGE',
    html: text,
    rscData: Buffer.from(text),
    headers: { 'x-next-cache-tags': tags },
  };
}

/** A directory like the one of a build, gone with the test. */
export function buildDirectory(t: TestContext, id = 'build-1'): string {
  const root = mkdtempSync(join(tmpdir(), 'larder-build-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const server = join(root, 'server');
  for (const router of ['app', 'pages']) mkdirSync(join(server, router), { recursive: true });
  writeFileSync(join(root, 'BUILD_ID'), id);
  return server;
}

/** A render that ends when the test says so. */
export class Render {
  started = 0;
  readonly tags: string;
  readonly cacheControl: CacheControl;
  readonly #events = new EventEmitter().setMaxListeners(0);

  constructor(cacheControl: CacheControl = { revalidate: 60, expire: 3600 }, tags = 't') {
    this.cacheControl = cacheControl;
    this.tags = tags;
  }

  /** Starts it; done with what the page says. */
  async run(): Promise<string> {
    const number = ++this.started;
    this.#events.emit('started');
    const [text] = (await once(this.#events, 'end')) as [string | Error];
    if (text instanceof Error) throw text;
    return `${text} #${number}`;
  }

  /** Done when it was started `count` times. */
  async running(count = 1): Promise<void> {
    while (this.started < count) await once(this.#events, 'started');
  }

  /** Ends every run, with what the page says or by throwing. */
  end(text: string | Error = 'page'): void {
    this.#events.emit('end', text);
  }
}

/** One process of an app, which uses its route cache as Next.js 16.4 does. */
export class RouteInstance {
  readonly routes: RouteCache;
  readonly handler: CacheHandler;
  readonly client: Client;
  readonly emitted: readonly LarderEvent[];
  readonly log: RecordingLog;
  /** Who reads what is fetched, and in which request. */
  consumer: Consumer = 'page';
  request: WorkStore | undefined;
  exchange: ServedRequest | undefined;
  readonly #server: string;
  readonly #time: Timekeeper;
  /** The renders under way, which Next.js joins. */
  readonly #renders = new Map<string, Promise<Served>>();

  constructor(
    t: TestContext,
    url: string,
    server: string,
    changes: Partial<Settings> = {},
    time = new Timekeeper(),
    strandsNavigations = false,
  ) {
    this.#server = server;
    this.#time = time;
    const request = (): WorkStore | undefined => this.request;
    const { handler, client, events, emitted, log } = handlerOf(t, url, {
      ...PATIENT,
      ...changes,
      request,
      time,
    });
    this.handler = handler;
    this.client = client;
    this.emitted = emitted;
    this.log = log;
    this.routes = new RouteCache({
      client: () => client,
      events,
      log,
      time,
      requestReads: new RequestReads(request),
      consumer: () => this.consumer,
      request,
      exchange: () => this.exchange,
      strandsNavigations,
    });
  }

  /** What Next.js constructs for a request. */
  scope(context: HandlerContext = {}): RequestScope {
    return new RequestScope({ serverDistDir: this.#server, ...context }, this.#time.now);
  }

  /** A request for a page, joined with one that is under way, and what it is answered with. */
  ask(key: string, render: Render): Promise<Served> {
    const joined = this.#renders.get(key);
    if (joined) return joined;
    const served = new Promise<Served>((resolve, reject) => {
      void this.#ask(key, render, resolve)
        .then(resolve, reject)
        .finally(() => this.#renders.delete(key));
    });
    this.#renders.set(key, served);
    return served;
  }

  /** An on-demand revalidation of a page, as `res.revalidate()` has it. */
  async revalidate(key: string, render: Render): Promise<void> {
    const scope = this.scope({ _requestHeaders: { 'x-prerender-revalidate': 'secret' } });
    await this.routes.get(key, PAGE, scope);
    const text = await render.run();
    const { cacheControl } = render;
    await this.routes.set(key, page(text, render.tags), { ...PAGE, cacheControl }, scope);
  }

  /** What a request of its own finds under a key, without rendering anything. */
  peek(key: string, context: CallContext = PAGE): Promise<RouteAnswer | null> {
    return this.routes.get(key, context, this.scope());
  }

  /** Stores what was rendered at once. */
  async fill(key: string, value: RouteValue | null, context: CallContext = {}): Promise<void> {
    await this.connected();
    const scope = this.scope();
    const cacheControl = { revalidate: 60, expire: 3600 };
    await this.routes.get(key, PAGE, scope);
    await this.store(key, value, { ...PAGE, cacheControl, ...context }, scope);
  }

  /** Stores a value; done when the server has answered that. */
  async store(
    key: string,
    value: RouteValue | null,
    context: CallContext,
    scope: RequestScope,
  ): Promise<void> {
    await untilPut(this.emitted, () => this.routes.set(key, value, context, scope));
  }

  /** Done when there is a connection. */
  async connected(): Promise<void> {
    await this.roundTrip();
    while (!this.client.usable) await this.log.next();
  }

  /** Done when the server has been sent everything before, and answered a lookup. */
  async roundTrip(): Promise<void> {
    await this.handler.get(`${Math.random()}`, []);
  }

  async #ask(key: string, render: Render, early: (served: Served) => void): Promise<Served> {
    const scope = this.scope();
    const found = await this.routes.get(key, PAGE, scope);
    const how = found && howOf(found);
    if (found && how !== 'MISS') {
      const served = { text: (found.value as AppPage).html, how: how! };
      early(served);
      if (how === 'HIT') return served;
    }
    try {
      const text = await render.run();
      const { cacheControl } = render;
      await this.routes.set(key, page(text, render.tags), { ...PAGE, cacheControl }, scope);
      return { text, how: 'MISS' };
    } catch (error) {
      if (!found?.cacheControl) throw error;
      const revalidate = Math.min(Math.max(found.cacheControl.revalidate || 3, 3), 30);
      const { expire } = found.cacheControl;
      await this.routes.set(
        key,
        found.value,
        {
          ...PAGE,
          cacheControl: { revalidate, expire: expire && Math.max(revalidate + 3, expire) },
        },
        scope,
      );
      return { text: (found.value as AppPage).html, how: 'STALE' };
    }
  }
}

/** What Next.js 16.4 makes of what it is answered; a MISS is a render somebody waits for. */
export function howOf({ lastModified, cacheControl }: RouteAnswer): Served['how'] {
  const { revalidate, expire } = cacheControl ?? { revalidate: 1 };
  if (lastModified === -1) return 'MISS';
  if (typeof expire === 'number' && lastModified + expire * 1000 < now()) return 'MISS';
  return revalidate !== false && lastModified + revalidate * 1000 < now() ? 'STALE' : 'HIT';
}

/** What a page says that was found. */
export function textOf(answer: RouteAnswer | null): string | undefined {
  return answer?.value?.kind === 'APP_PAGE' ? answer.value.html : undefined;
}
