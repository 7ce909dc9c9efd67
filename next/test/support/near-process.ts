import type { TestContext } from 'node:test';
import type { LarderEvent } from '../../src/events/events.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import type { WorkStore } from '../../src/host/next-context.js';
import type { Settings } from '../../src/runtime/settings.js';
import type { Invalidation } from '../../src/wire/frame.js';
import { answer, type FakeServer } from './fake-server.js';
import { content, fakeServer, handlerOf, textOf } from './fixtures.js';

/** Bytes of a mebibyte. */
export const MIB = 1 << 20;

/** A server whose history a test writes, and that has one fresh entry under every key. */
export class History {
  readonly server: FakeServer;
  /** The revision its entry is stamped with. */
  stamp = 7n;
  text = 'value';
  /** Whether what happens is pushed, too. */
  pushes = true;
  readonly #happened: Invalidation[] = [];

  constructor(server: FakeServer) {
    this.server = server;
    server.on('LOOKUP', () =>
      answer({
        operation: 'FRESH',
        current: server.current,
        entry: { revision: this.stamp, content: content(this.text, { age: 20_000 }) },
      }),
    );
    server.on('REFRESH', ({ known }) => {
      const since = known.identity === server.current.identity ? known.revision : 0n;
      const invalidations = this.#happened.filter(({ revision }) => revision > since);
      return answer({ operation: 'REFRESHED', current: server.current, since, invalidations });
    });
  }

  /** Something is invalidated by somebody else. */
  invalidate(tag: string, expiresIn = 0, push = this.pushes): void {
    const { identity, revision } = this.server.current;
    const invalidation = { revision: revision + 1n, expiresIn, tags: [tag] };
    this.server.current = { identity, revision: revision + 1n };
    this.#happened.push(invalidation);
    if (push) this.push(invalidation);
  }

  push(invalidation: Invalidation): void {
    const { identity } = this.server.current;
    this.server.peer.send({ operation: 'INVALIDATION', requestId: 0, identity, invalidation });
  }
}

/** A process with a near cache, read request by request. */
export class NearProcess {
  readonly handler: CacheHandler;
  readonly emitted: LarderEvent[];
  readonly until: (text: string) => Promise<string>;
  #request: WorkStore = {};

  constructor(t: TestContext, url: string, changes: Partial<Settings> = {}) {
    const { handler, emitted, log } = handlerOf(t, url, {
      nearCache: 64 * MIB,
      timeout: 1000,
      ...changes,
      request: () => this.#request,
    });
    this.handler = handler;
    this.emitted = emitted;
    this.until = (text) => log.until(text);
  }

  /** What a request is given that reads `key` once; it goes on until the next begins. */
  async request(key = 'k', softTags: string[] = []): Promise<string | undefined> {
    this.#request = {};
    await this.handler.refreshTags();
    return this.read(key, softTags);
  }

  /** What the request is given for one more key. */
  async read(key = 'k', softTags: string[] = []): Promise<string | undefined> {
    return textOf(await this.handler.get(key, softTags));
  }

  /** The outcomes of all reads so far. */
  get outcomes(): string[] {
    return this.emitted.flatMap((event) => (event.type === 'lookup' ? [event.outcome] : []));
  }
}

/** A process with a near cache, and the server it asks. */
export async function nearProcess(
  t: TestContext,
  changes: Partial<Settings> = {},
): Promise<{ history: History; server: FakeServer; instance: NearProcess }> {
  const server = await fakeServer(t);
  return {
    history: new History(server),
    server,
    instance: new NearProcess(t, server.url, changes),
  };
}
