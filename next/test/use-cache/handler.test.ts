import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { Events } from '../../src/events/events.js';
import { createHandler } from '../../src/use-cache/handler.js';
import { keyOf } from '../../src/entry/key.js';
import type { WorkStore } from '../../src/host/next-context.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { NEVER } from '../../src/wire/frame.js';
import { whole } from '../../src/wire/value.js';
import { answer, HISTORY, type FakeServer } from '../support/fake-server.js';
import {
  content,
  fakeServer,
  handlerOf,
  nextEntry,
  RecordingLog,
  streamOf,
  textOf,
  timed,
} from '../support/fixtures.js';

/** Whether Next.js would find the entry stale now. */
const looksStale = ({ timestamp, revalidate }: { timestamp: number; revalidate: number }) =>
  now() > timestamp + revalidate * 1000;

function leasing(server: FakeServer): void {
  let lease = 0n;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: ++lease }));
}

function stale(
  server: FakeServer,
  lease: bigint,
  changes: Parameters<typeof content>[1] = {},
): void {
  const entry = { revision: 7n, content: content('old', { age: 90_000, ...changes }) };
  server.on('LOOKUP', () => answer({ operation: 'STALE', current: server.current, lease, entry }));
}

test('a generated entry is put under the lease of its miss', async (t) => {
  const server = await fakeServer(t);
  leasing(server);
  const { handler } = handlerOf(t, server.url);
  assert.equal(await handler.get('["f",[1],["b"]]', ['_N_T_/']), undefined);
  const entry = nextEntry('', { value: streamOf('a', 'bc'), expire: NEVER });
  await handler.set('["f",[1],["b"]]', Promise.resolve(entry));
  const [put] = await server.received('PUT');
  assert.deepEqual(Buffer.from(put!.key), Buffer.from(keyOf('["f",[1],["b"]]').bytes));
  assert.equal(put!.lease, 1n);
  assert.equal(whole(put!.content.value).toString(), 'abc');
  assert.deepEqual(put!.content.life, { stale: 30, revalidate: 60, expire: NEVER });
});

test('a fresh entry is handed out with a stream per get', async (t) => {
  const server = await fakeServer(t);
  const entry = { revision: 7n, content: content('value', { age: 10_000 }) };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const { handler } = handlerOf(t, server.url);
  for (let n = 0; n < 2; n++) {
    const found = await handler.get('k', []);
    assert.equal(await textOf(found), 'value');
    assert.equal(found!.revalidate, 60);
    assert.ok(!looksStale(found!));
  }
});

test('the holder of the lease sees a stale entry as stale, whatever made it so', async (t) => {
  const server = await fakeServer(t);
  const { handler } = handlerOf(t, server.url);
  for (const age of [90_000, 1000]) {
    stale(server, 3n, { age });
    const found = await handler.get('k', []);
    assert.equal(await textOf(found), 'old');
    assert.ok(looksStale(found!), `${age} ms`);
  }
});

test('a page that does not hold the lease sees a stale entry as fresh for a moment', async (t) => {
  const server = await fakeServer(t);
  const { handler } = handlerOf(t, server.url);
  stale(server, 0n);
  const found = await handler.get('k', []);
  assert.equal(await textOf(found), 'old');
  assert.ok(!looksStale(found!));
  assert.ok(found!.timestamp + found!.revalidate * 1000 < now() + 2500);
});

test('a cache that does not hold the lease waits for the successor of a stale entry', async (t) => {
  const server = await fakeServer(t);
  for (const consumer of ['shell', 'cache'] as const) {
    const { handler } = handlerOf(t, server.url, { consumer: () => consumer });
    let lookups = 0;
    server.on('LOOKUP', () => {
      const entry = { revision: 7n, content: content('new') };
      if (++lookups === 4) return answer({ operation: 'FRESH', current: server.current, entry });
      const before = { revision: 7n, content: content('old', { age: 90_000 }) };
      return answer({ operation: 'STALE', current: server.current, lease: 0n, entry: before });
    });
    assert.equal(await textOf(await handler.get('k', [])), 'new');
  }
});

test('a cache whose wait is over sees the stale entry as stale', async (t) => {
  const server = await fakeServer(t);
  stale(server, 0n, { age: 1000 });
  const { handler } = handlerOf(t, server.url, { consumer: () => 'shell', wait: 100 });
  const found = await handler.get('k', []);
  assert.ok(looksStale(found!));
});

test('an unknown reader is never shown a stale entry as fresh', async (t) => {
  const server = await fakeServer(t);
  stale(server, 0n, { age: 1000 });
  const { handler } = handlerOf(t, server.url, { consumer: () => 'unknown' });
  assert.ok(looksStale((await handler.get('k', []))!));
});

test('a lease nobody would use is released', async (t) => {
  const server = await fakeServer(t);
  stale(server, 3n, { tags: ['t', '_N_RP_lang'] });
  const page = handlerOf(t, server.url).handler;
  assert.ok(await page.get('k', []));
  await server.received('RELEASE', 1);

  stale(server, 4n, { life: { stale: 30, revalidate: 60, expire: 200 } });
  const shell = handlerOf(t, server.url, { consumer: () => 'shell' }).handler;
  assert.ok(await shell.get('k', []));
  await server.received('RELEASE', 2);
});

test('an entry that expired on the way is a miss', async (t) => {
  const server = await fakeServer(t);
  const entry = { revision: 7n, content: content('v', { age: 3_600_000 }) };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const { handler } = handlerOf(t, server.url);
  assert.equal(await handler.get('k', []), undefined);
});

test('a generation that throws stores nothing, and nobody is to wait for it', async (t) => {
  const server = await fakeServer(t);
  leasing(server);
  const { handler } = handlerOf(t, server.url);
  await handler.get('stream', []);
  const value = streamOf('partial', new Error('boom'));
  await handler.set('stream', Promise.resolve(nextEntry('', { value })));
  await handler.get('promise', []);
  await handler.set('promise', Promise.reject(new Error('boom')));
  const puts = await server.received('PUT', 2);
  assert.deepEqual(
    puts.map(({ lease, content: { life, value: bytes } }) => [
      lease,
      life.expire,
      Buffer.concat(bytes).length,
    ]),
    [
      [1n, 0, 0],
      [2n, 0, 0],
    ],
  );
});

for (const life of [{ expire: 0 }, { revalidate: 0, expire: 300 }]) {
  const name = JSON.stringify(life);
  test(`an entry that can never be served is said to be one nobody is to wait for: ${name}`, async (t) => {
    const server = await fakeServer(t);
    leasing(server);
    const { handler } = handlerOf(t, server.url);
    await handler.get('k', []);
    await handler.set('k', Promise.resolve(nextEntry('v', life)));
    const [put] = await server.received('PUT');
    const { content } = put!;
    assert.equal(content.life.expire, 0);
    assert.equal(Buffer.concat(content.value).length, 0);
    assert.equal(server.count('RELEASE'), 0);
  });
}

test('what a redirect leads to has reached the server before the redirect is sent', async (t) => {
  const server = await fakeServer(t);
  leasing(server);
  server.on('PUT', () => undefined);
  const { handler } = handlerOf(t, server.url);
  const target = 'f[["lang","en"]]';
  await handler.get('f', []);
  const slow = new TransformStream<Uint8Array, Uint8Array>();
  const generated = handler.set(target, Promise.resolve(nextEntry('', { value: slow.readable })));
  await handler.set('f', Promise.resolve(nextEntry('.', { tags: ['t', '_N_RP_lang'] })));
  assert.equal(await textOf(await handler.get('f', [])), '.');
  assert.equal(server.count('PUT'), 0);
  const writer = slow.writable.getWriter();
  await Promise.all([writer.write(Buffer.from('en')), writer.close(), generated]);
  const [first] = await server.received('PUT');
  assert.deepEqual(Buffer.from(first!.key), Buffer.from(keyOf(target).bytes));
  await handler.get('other', []);
  assert.equal(server.count('PUT'), 1);
  const { requestId } = first!;
  server.peer.send({ operation: 'STORED', requestId, outcome: 'stored' });
  const [, second] = await server.received('PUT', 2);
  assert.deepEqual(Buffer.from(second!.key), Buffer.from(keyOf('f').bytes));
});

test('set does not wait for the server', async (t) => {
  const server = await fakeServer(t);
  server.on('PUT', () => undefined);
  const { handler } = handlerOf(t, server.url);
  await handler.get('k', []);
  await handler.set('k', Promise.resolve(nextEntry('v')));
  await server.received('PUT');
});

test('a get waits for the set of its key that is pending in this process', async (t) => {
  const server = await fakeServer(t);
  leasing(server);
  const { handler } = handlerOf(t, server.url);
  await handler.get('k', []);
  const timestamp = now();
  const generation = new EventEmitter();
  const set = handler.set(
    'k',
    once(generation, 'end').then(([entry]) => entry as NextEntry),
  );
  const get = handler.get('k', []);
  const other = await handler.get('other', []);
  assert.equal(other, undefined);
  assert.equal(server.count('LOOKUP'), 2);
  generation.emit('end', nextEntry('v', { timestamp }));
  await set;
  assert.equal(await textOf(await get), 'v');
  const order = server.frames.map(({ operation }) => operation).slice(-2);
  assert.deepEqual(order, ['PUT', 'REFRESH']);
  assert.equal(server.count('LOOKUP'), 2);
});

test('a set that never completes holds a get only for its patience', async (t) => {
  const server = await fakeServer(t);
  leasing(server);
  const { handler } = handlerOf(t, server.url, { wait: 150 });
  await handler.get('k', []);
  void handler.set('k', new Promise(() => {}));
  const spent = await timed(() => handler.get('k', []));
  assert.ok(spent >= 140 && spent < 600, `${spent} ms`);
});

test('soft tags are judged in get, so there is nothing to expire', async (t) => {
  const server = await fakeServer(t);
  const { handler } = handlerOf(t, server.url);
  assert.equal(await handler.getExpiration(['_N_T_/']), Infinity);
  await handler.get('k', ['_N_T_/', '_N_T_/layout']);
  assert.deepEqual((await server.received('LOOKUP'))[0]!.softTags, ['_N_T_/', '_N_T_/layout']);
});

test('updateTags expires now, or after the duration it is given', async (t) => {
  const server = await fakeServer(t);
  const { handler } = handlerOf(t, server.url);
  await handler.updateTags(['a', 'a', '']);
  await handler.updateTags(['b'], { expire: 60 });
  await handler.updateTags(['c'], { expire: 0 });
  await handler.updateTags(['d'], {});
  await handler.updateTags([]);
  const frames = await server.received('INVALIDATE', 4);
  assert.deepEqual(
    frames.map(({ tags, expire }) => [...tags, expire]),
    [
      ['a', 0],
      ['b', 60],
      ['c', 0],
      ['d', NEVER],
    ],
  );
});

test('updateTags called twice by one request for one invalidation is sent once', async (t) => {
  const server = await fakeServer(t);
  const request = { pendingRevalidatedTags: [{ tag: 'a', revalidatedAt: now() }] };
  const { handler } = handlerOf(t, server.url, { request: () => request });
  await handler.updateTags(['a']);
  await handler.updateTags(['a']);
  assert.equal(server.count('INVALIDATE'), 1);
});

test('without a server every call settles, and only updateTags rejects', async (t) => {
  const { handler } = handlerOf(t, 'http://127.0.0.1:1');
  assert.equal(await handler.get('k', []), undefined);
  await handler.set('k', Promise.resolve(nextEntry('v')));
  await handler.refreshTags();
  await handler.getExpiration([]);
  await assert.rejects(handler.updateTags(['a']), /could not invalidate/);
});

test('what is generated on demand is stored, also before anything was read', async (t) => {
  for (const transport of ['websocket', 'http'] as const) {
    const server = await fakeServer(t);
    const request = () => ({ isOnDemandRevalidate: true });
    const { handler } = handlerOf(t, server.url, { transport, request, timeout: 1000 });
    await handler.refreshTags();
    await handler.set('k', Promise.resolve(nextEntry('v')));
    const [put] = await server.received('PUT');
    assert.deepEqual(put!.asof, HISTORY);
  }
});

test('what is generated on demand is stamped with what happened just before', async (t) => {
  const server = await fakeServer(t);
  const request = (): WorkStore => ({ isOnDemandRevalidate: true });
  const { handler } = handlerOf(t, server.url, { transport: 'http', request, timeout: 1000 });
  for (const count of [1, 2]) {
    const { revision } = server.invalidate(['t']);
    await handler.refreshTags();
    await handler.set('k', Promise.resolve(nextEntry('v')));
    const sent = await server.received('PUT', count);
    assert.equal(sent.at(-1)!.asof.revision, revision);
  }
});

test('what is generated on demand waits for no server that is away or silent', async (t) => {
  const server = await fakeServer(t);
  server.freeze();
  for (const url of ['http://127.0.0.1:1', server.url]) {
    for (const transport of ['websocket', 'http'] as const) {
      const request = () => ({ isOnDemandRevalidate: true });
      const { handler } = handlerOf(t, url, { transport, request });
      const first = await timed(() => handler.refreshTags());
      assert.ok(first < 1500, `${transport} to ${url}: ${first} ms`);
      const next = await timed(() => handler.refreshTags());
      assert.ok(next < 60, `${transport} to ${url}: ${next} ms`);
    }
  }
});

test('in a build nothing is asked, stored or connected', async () => {
  const handler = createHandler({
    client: () => undefined,
    events: new Events(),
    log: new RecordingLog(),
    time: new Timekeeper(),
  });
  assert.equal(await handler.get('k', []), undefined);
  await handler.set('k', Promise.resolve(nextEntry('v')));
  await assert.rejects(handler.updateTags(['a']), /in a build/);
});
