import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkStore } from '../../src/host/next-context.js';
import type { Settings } from '../../src/runtime/settings.js';
import { handlerOf, nextEntry, textOf } from '../support/fixtures.js';
import { Fleet } from '../support/fleet.js';
import { Instance, ROUTE } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

// What takes its time on the way proves nothing. LARDER_LINKS names the latencies a fleet is tried
// with, in milliseconds and with commas between them.

const LINKS = (process.env.LARDER_LINKS ?? '0,80').split(',').map(Number);
const SEED = Number(process.env.LARDER_SEED ?? Date.now() % 2 ** 31);

/** Milliseconds for which a fleet is watched over each link. */
const WATCHED = Number(process.env.LARDER_STORM ?? 2000);

/** How many invalidations, and tens of entries, must have been seen for a test to say something. */
const ENOUGH = 10;

/** Milliseconds that are long beside what a server takes to answer. */
const LONG = 1000;

/** Larger than everything else that is answered. */
const LARGE = 'old'.repeat(10_000);

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** A process behind a link of its own, whose requests a test tells apart. */
class Distant {
  readonly link: TcpProxy;
  readonly #handler;
  #request: WorkStore = {};

  private constructor(t: TestContext, link: TcpProxy, transport: Settings['transport']) {
    this.link = link;
    const waiter = { timeout: 10_000, wait: 10_000, nearCache: 64 << 20, transport };
    const request = (): WorkStore => this.#request;
    this.#handler = handlerOf(t, `http://${link.host}`, { ...waiter, request }).handler;
  }

  /** One that has reached the server, and knows where its history stands. */
  static async start(t: TestContext, transport: Settings['transport']): Promise<Distant> {
    const link = await TcpProxy.start(t, () => Number(new URL(server.url).port));
    const process = new Distant(t, link, transport);
    const first = await process.begin();
    await process.get(first, 'nothing');
    return process;
  }

  /** Begins a request, as of now. */
  async begin(): Promise<WorkStore> {
    const request = {};
    await this.#as(request, () => this.#handler.refreshTags());
    return request;
  }

  /** What a request is given. */
  async get(request: WorkStore, key: string): Promise<string | undefined> {
    return textOf(await this.#as(request, () => this.#handler.get(key, ROUTE)));
  }

  /** Takes what a request generates. */
  set(request: WorkStore, key: string, text: string, tags: string[]): Promise<void> {
    return this.#as(request, () =>
      this.#handler.set(key, Promise.resolve(nextEntry(text, { tags }))),
    );
  }

  #as<T>(request: WorkStore, call: () => T): T {
    this.#request = request;
    return call();
  }
}

for (const transport of ['websocket', 'http'] as const) {
  test(`${transport}: an entry that travelled for long does not look younger than a request`, async (t) => {
    const a = new Instance(t, server.url);
    const b = await Distant.start(t, transport);
    const key = `travelled by ${transport}`;
    await a.fill(key, LARGE, { tags: [key] });
    b.link.delay('down', { latency: LONG });
    const before = b.link.taken('down');
    const first = b.get(await b.begin(), key);
    while (b.link.taken('down') < before + LARGE.length) await pause(1);
    await a.handler.updateTags([key]);
    const second = await b.begin();
    assert.equal(await first, `${LARGE} #1`);
    assert.equal(await b.get(second, key), undefined);
  });

  test(`${transport}: what is generated from an older copy is as old as that`, async (t) => {
    const a = new Instance(t, server.url);
    const b = await Distant.start(t, transport);
    const [outer, inner] = [`outer by ${transport}`, `inner by ${transport}`];
    await a.fill(inner, 'old', { tags: [inner] });
    const first = await b.begin();
    assert.equal(await b.get(first, inner), 'old #1');
    b.link.delay('down', { latency: LONG });
    await a.handler.updateTags([inner]);
    const second = await b.begin();
    // The first request began before the invalidation, and goes on.
    assert.equal(await b.get(first, inner), 'old #1');
    const set = b.set(first, outer, 'made of old', [inner]);
    await pause(20);
    assert.equal(await b.get(second, outer), undefined);
    await set;
  });

  for (const latency of LINKS) {
    test(`${transport}: a fleet over links of ${latency} ms: seed ${SEED}`, async (t) => {
      const fleet = await Fleet.over(t, SEED, server);
      fleet.links({ latency, jitter: latency / 2 });
      const patience = { timeout: 4000, wait: 8000, namespace: `links-${transport}-${latency}` };
      // The longer everything takes, the more is under way.
      const loops = 3 + Math.round(latency / 8);
      for (let n = 0; n < 3; n++) fleet.enlist({ transport, ...patience }, { loops });
      fleet.enlist({ transport: 'websocket', ...patience }, { loops });
      await fleet.work(WATCHED, ENOUGH);
      await fleet.calm();
      t.diagnostic(JSON.stringify(fleet.checker.counts));
      fleet.assertKept(ENOUGH);
    });
  }
}
