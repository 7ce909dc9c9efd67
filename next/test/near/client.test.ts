import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { LarderEvent } from '../../src/events/events.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import { keyOf } from '../../src/entry/key.js';
import type { WorkStore } from '../../src/host/next-context.js';
import type { Settings } from '../../src/runtime/settings.js';
import type { Invalidation } from '../../src/wire/frame.js';
import { answer, type FakeServer } from '../support/fake-server.js';
import { content, fakeServer, handlerOf, nextEntry, textOf } from '../support/fixtures.js';

const MIB = 1 << 20;

/** A server whose history a test writes, and that has one fresh entry under every key. */
class History {
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
class Process {
  readonly handler: CacheHandler;
  readonly told: LarderEvent[];
  readonly until: (text: string) => Promise<string>;
  #request: WorkStore = {};

  constructor(t: TestContext, url: string, changes: Partial<Settings> = {}) {
    const { handler, told, log } = handlerOf(t, url, {
      nearCache: 64 * MIB,
      timeout: 1000,
      ...changes,
      request: () => this.#request,
    });
    this.handler = handler;
    this.told = told;
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
    return this.told.flatMap((event) => (event.type === 'lookup' ? [event.outcome] : []));
  }
}

async function bench(
  t: TestContext,
  changes: Partial<Settings> = {},
): Promise<{ history: History; server: FakeServer; instance: Process }> {
  const server = await fakeServer(t);
  return { history: new History(server), server, instance: new Process(t, server.url, changes) };
}

const PUSH: Partial<Settings> = { staleness: 60_000, outageStaleness: 0 };

test('a hit costs one refresh a request, however many entries it reads', async (t) => {
  const { server, instance } = await bench(t);
  for (const key of ['a', 'b', 'c']) await instance.request(key);
  const before = server.frames.length;
  assert.equal(await instance.request('a'), 'value');
  assert.equal(await instance.read('b'), 'value');
  assert.equal(await instance.read('c'), 'value');
  assert.equal(await instance.read('a'), 'value');
  assert.deepEqual(
    server.frames.slice(before).map(({ operation }) => operation),
    ['REFRESH'],
  );
  assert.deepEqual(instance.outcomes, [
    'remote',
    'remote',
    'remote',
    'near',
    'near',
    'near',
    'near',
  ]);
});

test('the lookup of what is not near does not wait for the refresh', async (t) => {
  const { server, instance } = await bench(t);
  await instance.request();
  server.messages.length = 0;
  await instance.request('other');
  assert.deepEqual(server.messages, [['REFRESH', 'LOOKUP']]);
});

test('strict: what was invalidated before a request began is not served, pushed or not', async (t) => {
  const { history, server, instance } = await bench(t);
  await instance.request();
  history.text = 'new';
  history.stamp = 8n;
  history.invalidate('t', 0, false);
  assert.equal(await instance.request(), 'new');
  assert.deepEqual(instance.outcomes, ['remote', 'remote']);
  assert.equal(await instance.request(), 'new');
  assert.equal(server.count('LOOKUP'), 2);
});

test('a soft tag counts for the routes that carry it, also before this process began', async (t) => {
  const { history, server, instance } = await bench(t);
  history.stamp = 5n;
  const soft = { revision: 6n, expiresIn: 0, tags: ['_N_T_/sale'] };
  server.on('REFRESH', () =>
    answer({ operation: 'REFRESHED', current: server.current, since: 2n, invalidations: [soft] }),
  );
  await instance.request('k', ['_N_T_/']);
  await instance.request('k', ['_N_T_/']);
  assert.deepEqual(instance.outcomes, ['remote', 'near']);
  await instance.request('k', ['_N_T_/sale']);
  assert.deepEqual(instance.outcomes, ['remote', 'near', 'remote']);
});

test('an entry older than what is known of the history is not served from here', async (t) => {
  const { history, server, instance } = await bench(t);
  history.stamp = 5n;
  server.on('REFRESH', () =>
    answer({ operation: 'REFRESHED', current: server.current, since: 6n, invalidations: [] }),
  );
  await instance.request();
  await instance.request();
  assert.deepEqual(instance.outcomes, ['remote', 'remote']);
});

test('after a reconnection to the same history, what was kept is served again', async (t) => {
  const { server, instance } = await bench(t);
  await instance.request();
  server.peer.socket.terminate();
  await server.received('HELLO', 2);
  assert.equal(await instance.request(), 'value');
  assert.equal(server.count('LOOKUP'), 1);
});

test('what happened while it was away is heeded after a reconnection', async (t) => {
  for (const changes of [{}, PUSH]) {
    const { history, server, instance } = await bench(t, changes);
    await instance.request();
    server.peer.socket.terminate();
    history.text = 'new';
    history.stamp = 8n;
    history.invalidate('t', 0, false);
    await server.received('HELLO', 2);
    assert.equal(await instance.request(), 'new');
  }
});

test('after another history nothing that was kept is served', async (t) => {
  const { history, server, instance } = await bench(t);
  await instance.request();
  server.current = { identity: 99n, revision: 7n };
  history.text = 'new';
  server.peer.socket.terminate();
  await server.received('HELLO', 2);
  assert.equal(await instance.request(), 'new');
});

test('what this process generated is served from here, until the server has something newer', async (t) => {
  const { server, instance } = await bench(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  assert.equal(await instance.request(), undefined);
  await instance.handler.set('k', Promise.resolve(nextEntry('generated')));
  assert.equal(await instance.request(), 'generated');
  assert.equal(server.count('LOOKUP'), 1);
  server.on('PUT', () => answer({ operation: 'STORED', outcome: 'superseded' }));
  await instance.handler.set('k', Promise.resolve(nextEntry('again')));
  await instance.until('superseded');
  assert.equal(await instance.request(), undefined);
  assert.equal(server.count('LOOKUP'), 2);
});

test('what this process invalidates is not served here any more, before anything is pushed', async (t) => {
  for (const changes of [{}, PUSH]) {
    const { history, server, instance } = await bench(t, changes);
    await instance.request();
    server.on('INVALIDATE', ({ tags }) => {
      history.invalidate(tags[0]!, 0, false);
      return answer({ operation: 'INVALIDATED', asof: server.current });
    });
    await instance.handler.updateTags(['t']);
    history.text = 'new';
    history.stamp = 8n;
    assert.equal(await instance.request(), 'new');
  }
});

test('an invalidation confirmed after others that were not heard of yet is known when it returns', async (t) => {
  const { history, server, instance } = await bench(t, PUSH);
  await instance.request();
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate('other', 0, false);
    history.invalidate(tags[0]!, 0, false);
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  await instance.handler.updateTags(['t']);
  history.text = 'new';
  history.stamp = 9n;
  assert.equal(await instance.request(), 'new');
});

test('a generation is stamped with what the near cache knew, not with what was heard of', async (t) => {
  const { history, server, instance } = await bench(t);
  await instance.request();
  history.invalidate('t', 0, false);
  await instance.read('other');
  await instance.handler.set('made', Promise.resolve(nextEntry('v')));
  assert.equal((await server.received('PUT'))[0]!.asof.revision, 7n);
  await instance.request();
  await instance.handler.set('made', Promise.resolve(nextEntry('v')));
  assert.equal((await server.received('PUT', 2))[1]!.asof.revision, 8n);
});

test('a purged key is not served from here, whatever its tags', async (t) => {
  const { history, instance } = await bench(t);
  await instance.request();
  history.text = 'new';
  history.invalidate(`larder:key:${keyOf('k').id}`);
  assert.equal(await instance.request(), 'new');
});

test('what is generated on demand replaces what others keep', async (t) => {
  const { history, server, instance } = await bench(t);
  await instance.request();
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate(tags[0]!);
    history.text = 'on demand';
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  const { handler } = handlerOf(t, server.url, {
    request: () => ({ isOnDemandRevalidate: true }),
    timeout: 1000,
  });
  await handler.get('other', []);
  await handler.set('k', Promise.resolve(nextEntry('on demand')));
  const [invalidate] = await server.received('INVALIDATE');
  assert.deepEqual(invalidate!.tags, [`larder:key:${keyOf('k').id}`]);
  const order = server.frames.map(({ operation }) => operation);
  assert.ok(order.indexOf('PUT') < order.indexOf('INVALIDATE'));
  assert.equal(await instance.request(), 'on demand');
  assert.equal(await instance.request(), 'on demand');
  assert.equal(instance.outcomes.at(-1), 'near');
});

test('push: a hit costs nothing, and a push is heeded', async (t) => {
  const { history, server, instance } = await bench(t, PUSH);
  await instance.request();
  const before = server.frames.length;
  for (let n = 0; n < 10; n++) assert.equal(await instance.request(), 'value');
  assert.equal(server.frames.length, before);
  history.invalidate('t');
  await once(server.peer.socket, 'pong', { signal: ping(server) });
  history.text = 'new';
  history.stamp = 8n;
  assert.equal(await instance.request(), 'new');
});

test('push: when a push was missed nothing is served from here before a refresh', async (t) => {
  const { history, server, instance } = await bench(t, PUSH);
  await instance.request();
  history.text = 'new';
  history.stamp = 9n;
  history.invalidate('t', 0, false);
  const refreshed = server.count('REFRESH');
  history.invalidate('other');
  await server.received('REFRESH', refreshed + 1);
  assert.equal(await instance.request(), 'new');
});

test('push: without pushes it is behind by the staleness at most', async (t) => {
  const { history, instance } = await bench(t, { staleness: 200, outageStaleness: 0 });
  await instance.request();
  history.text = 'new';
  history.stamp = 8n;
  history.invalidate('t', 0, false);
  const since = now();
  while ((await instance.request()) === 'value') {
    assert.ok(now() - since < 200 + 100, `${now() - since} ms`);
    await pause(5);
  }
});

test('push: a frozen server is not trusted for longer than the staleness', async (t) => {
  const { server, instance } = await bench(t, { ...PUSH, staleness: 300, timeout: 100 });
  await instance.request();
  const since = now();
  server.freeze();
  while ((await instance.request()) === 'value') {
    assert.ok(now() - since < 300 + 50, `${now() - since} ms`);
    await pause(5);
  }
  assert.equal(instance.outcomes.at(-1), 'bypass');
});

test('without the server nothing is served from here, unless the settings allow it', async (t) => {
  const { server, instance } = await bench(t);
  const waiter = new Process(t, server.url, { outageStaleness: 400 });
  for (const each of [instance, waiter]) assert.equal(await each.request(), 'value');
  const known = now();
  await server.close();
  await Promise.all([instance, waiter].map((each) => each.until('no connection')));
  assert.equal(await instance.request(), undefined);
  assert.equal(await waiter.request(), 'value');
  assert.deepEqual([instance.outcomes.at(-1), waiter.outcomes.at(-1)], ['bypass', 'near']);
  while ((await waiter.request()) === 'value') {
    assert.ok(now() - known < 400 + 50, `${now() - known} ms`);
    await pause(5);
  }
});

test('what is generated without the server is served for as long as the settings allow', async (t) => {
  const { server, instance } = await bench(t, { outageStaleness: 400 });
  await instance.request('other');
  await server.close();
  await instance.until('no connection');
  await pause(400);
  assert.equal(await instance.request(), undefined);
  await instance.handler.set('k', Promise.resolve(nextEntry('generated')));
  assert.equal(await instance.request(), 'generated');
});

test('without the server one of those who ask regenerates what is stale, and the others are served it', async (t) => {
  const { server, instance } = await bench(t, { outageStaleness: 60_000 });
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  assert.equal(await instance.request(), undefined);
  const stale = nextEntry('made', { timestamp: now() - 10_000, revalidate: 5 });
  await instance.handler.set('k', Promise.resolve(stale));
  await server.close();
  await instance.until('no connection');
  const found = await Promise.all(Array.from({ length: 5 }, () => instance.handler.get('k', [])));
  const looks = found.map((entry) => now() > entry!.timestamp + entry!.revalidate * 1000);
  assert.deepEqual(looks, [true, false, false, false, false]);
});

test('an entry known to be invalidated is not served without the server either', async (t) => {
  const { history, server, instance } = await bench(t, { outageStaleness: 60_000 });
  await instance.request();
  history.invalidate('t');
  await instance.request('other');
  await server.close();
  await instance.until('no connection');
  assert.equal(await instance.request(), undefined);
});

/** Five requests for what this process is generating, whether or not the server is `away`. */
async function joining(t: TestContext, changes: Partial<Settings>, away: boolean) {
  const { server, instance } = await bench(t, changes);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await instance.request();
  if (away) {
    await server.close();
    await instance.until('no connection');
  }
  const timestamp = now();
  let end = (): void => {};
  const generation = new Promise<void>((resolve) => (end = resolve));
  const set = instance.handler.set(
    'k',
    generation.then(() => nextEntry('generated', { timestamp })),
  );
  const readers = Array.from({ length: 5 }, () => instance.request());
  end();
  await set;
  return Promise.all(readers);
}

test('readers of this process are given what it generates', async (t) => {
  const generated = Array(5).fill('generated');
  assert.deepEqual(await joining(t, {}, false), generated);
  assert.deepEqual(await joining(t, { outageStaleness: 5000 }, true), generated);
});

test('strict: without the server readers generate themselves what was begun before them', async (t) => {
  assert.deepEqual(await joining(t, {}, true), Array(5).fill(undefined));
});

test('readers of this process are not given what was invalidated while it was generated', async (t) => {
  const { history, server, instance } = await bench(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await instance.request();
  const timestamp = now();
  let end = (): void => {};
  const generation = new Promise<void>((resolve) => (end = resolve));
  void instance.handler.set(
    'k',
    generation.then(() => nextEntry('generated', { timestamp })),
  );
  history.invalidate('t', 0, false);
  const reader = instance.request();
  end();
  assert.equal(await reader, undefined);
});

test('an invalidation that was not confirmed is heeded here until it is delivered', async (t) => {
  const { history, server, instance } = await bench(t);
  const { port } = server;
  await instance.request('t');
  await server.close();
  await instance.until('no connection');
  await assert.rejects(instance.handler.updateTags(['t']), /could not invalidate \["t"\]/);
  server.on('INVALIDATE', () =>
    answer({ operation: 'ERROR', code: 'store-unavailable', message: 'not yet' }),
  );
  await server.listen(port);
  while (instance.outcomes.at(-1) !== 'miss') {
    assert.equal(await instance.request(), undefined);
    await pause(5);
  }
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate(tags[0]!, 0, false);
    history.stamp = 8n;
    history.text = 'new';
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  await instance.until('are confirmed');
  assert.equal(await instance.request(), 'new');
});

/** Pings the client; everything sent before has been read when its pong is back. */
function ping(server: FakeServer): AbortSignal {
  server.peer.socket.ping();
  return AbortSignal.timeout(5000);
}
