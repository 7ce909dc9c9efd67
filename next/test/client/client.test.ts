import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Stored } from '../../src/entry/stored.js';
import { now } from '../../src/runtime/clock.js';
import { OUTCOMES } from '../../src/wire/frame.js';
import { sizeOf } from '../../src/wire/value.js';
import { keyOf } from '../../src/entry/key.js';
import { LIMITS } from '../../src/wire/limits.js';
import { answer, HISTORY, type FakeServer } from '../support/fake-server.js';
import { AT_ONCE, clientOf, content, fakeServer, timed, look, puts } from '../support/fixtures.js';

const KEY = keyOf('k');
const LIFE = { stale: 30, revalidate: 60, expire: 3600 };
const WAITING = { ...AT_ONCE, wait: 1000 };

const stored = (changes: Partial<Stored> = {}): Stored => ({
  value: [Buffer.from('v')],
  tags: ['t', '', 't'],
  life: LIFE,
  generatedAt: now(),
  ...changes,
});

/** Somebody else generates everything, and never ends. */
function holding(server: FakeServer): void {
  server.on('LOOKUP', ({ waitBudget }) =>
    waitBudget > 0 ? undefined : answer({ operation: 'MISS', current: server.current, lease: 0n }),
  );
}

test('an entry keeps its age on the way', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () =>
    answer({
      operation: 'FRESH',
      current: server.current,
      entry: { revision: 7n, content: content('v', { age: 5000 }) },
    }),
  );
  const { client } = clientOf(t, server.url);
  const found = await look(client, KEY, ['soft', 'soft'], AT_ONCE);
  assert.ok(found.state === 'fresh');
  assert.ok(Math.abs(found.entry.generatedAt - (now() - 5000)) < 1000);
  const [lookup] = await server.received('LOOKUP');
  assert.deepEqual(Buffer.from(lookup!.key), Buffer.from(KEY.bytes));
  assert.deepEqual(lookup!.softTags, ['soft']);
  assert.equal(lookup!.leaseWanted, true);
});

test('a damaged value is a miss, and its lease is kept for the generation', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () =>
    answer({
      operation: 'STALE',
      current: server.current,
      lease: 5n,
      entry: { revision: 7n, content: content('v', { checksum: 1 }) },
    }),
  );
  const { client } = clientOf(t, server.url);
  const found = await look(client, KEY, [], AT_ONCE);
  assert.deepEqual([found.state, found.leased], ['miss', true]);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 5n);
});

test('a follower asks first without waiting, and then waits', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget }) =>
    waitBudget === 0
      ? answer({ operation: 'MISS', current: server.current, lease: 0n })
      : answer({
          operation: 'FRESH',
          current: server.current,
          entry: { revision: 7n, content: content('v') },
        }),
  );
  const { client } = clientOf(t, server.url);
  assert.equal((await look(client, KEY, [], WAITING)).state, 'fresh');
  const lookups = await server.received('LOOKUP', 2);
  assert.deepEqual(
    lookups.map(({ waitBudget }) => waitBudget),
    [0, 1000],
  );
});

test('a wait outlasts the timeout as long as the server answers pings', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget, requestId }, peer) => {
    if (waitBudget === 0) return answer({ operation: 'MISS', current: server.current, lease: 0n });
    void server
      .received('PING', 5)
      .then(() => peer.send({ operation: 'MISS', requestId, current: server.current, lease: 9n }));
    return undefined;
  });
  const { client, log } = clientOf(t, server.url);
  const found = await look(client, KEY, [], WAITING);
  assert.deepEqual([found.state, found.leased], ['miss', true]);
  assert.equal(log.notices.length, 1);
});

test('a wait ends soon after the server has fallen silent, and is cancelled', async (t) => {
  const server = await fakeServer(t);
  holding(server);
  const { client } = clientOf(t, server.url);
  const spent = timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 5000 }));
  await server.received('LOOKUP', 2);
  server.freeze();
  assert.ok((await spent) < 600, `${await spent} ms`);
  server.thaw();
  const [first, second] = await server.received('LOOKUP', 2);
  const [cancel] = await server.received('CANCEL');
  assert.equal(first!.waitBudget, 0);
  assert.equal(cancel!.lookup, second!.requestId);
});

test('a wait beyond its budget is given up and cancelled', async (t) => {
  const server = await fakeServer(t);
  holding(server);
  const { client } = clientOf(t, server.url);
  const spent = await timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 200 }));
  assert.ok(spent >= 200 && spent < 1000, `${spent} ms`);
  await server.received('CANCEL');
});

test('a lease that is granted too late is released', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 77n }));
  assert.deepEqual((await look(client, KEY, [], AT_ONCE)).leased, false);
  server.thaw();
  const [release] = await server.received('RELEASE');
  assert.equal(release!.lease, 77n);
  assert.deepEqual(Buffer.from(release!.key), Buffer.from(KEY.bytes));
});

test('a lease is renewed while its generation runs, and not after it was put', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.received('RENEW', 3);
  await client.take(KEY, Promise.resolve(stored()));
  await server.received('PUT');
  const renewals = server.count('RENEW');
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 4n }));
  await look(client, keyOf('other'), [], AT_ONCE);
  const [later] = (await server.received('RENEW', renewals + 1)).slice(-1);
  assert.equal(later!.lease, 4n);
});

test('a lease is left to lapse when its generation outlives its bound', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  const { client } = clientOf(t, server.url);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await look(client, KEY, [], { ...AT_ONCE, generation: 50 });
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 4n }));
  await look(client, keyOf('other'), [], AT_ONCE);
  const renewals = await server.received('RENEW', 10);
  assert.ok(renewals.filter(({ lease }) => lease === 3n).length <= 3);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 0n);
});

test('a lease the server says is gone is not presented any more', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  server.on('RENEW', () => answer({ operation: 'RENEWED', held: false }));
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.received('RENEW');
  await look(client, keyOf('a round trip after the answer'), [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 0n);
});

test('a put carries the revision known when its generation began', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  await client.invalidate(['t'], 0);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const [early, late] = await server.received('PUT', 2);
  assert.deepEqual(early!.asof, { identity: 0x5d1fn, revision: 7n });
  assert.deepEqual(late!.asof, { identity: 0x5d1fn, revision: 8n });
  assert.deepEqual(late!.content.tags, ['t']);
});

test('a pushed invalidation is known to generations that begin after it', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  const invalidation = { revision: 8n, expiresIn: 0, tags: ['t'] };
  server.peer.send({ operation: 'INVALIDATION', requestId: 0, identity: 0x5d1fn, invalidation });
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const sent = await server.received('PUT', 2);
  assert.deepEqual(
    sent.map(({ asof }) => asof.revision),
    [7n, 8n],
  );
});

test('what was generated before the history was known is not sent, and its lease is released', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client, told } = clientOf(t, server.url);
  const before = now() - 1000;
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await server.received('RELEASE');
  assert.equal(server.count('PUT'), 0);
  assert.equal(puts(told, 'dropped'), 1);
});

test('after another history nothing generated before it is sent', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, told, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  await server.close();
  await log.until('no connection');
  server.current = { identity: 99n, revision: 0n };
  await server.listen(port);
  const [, hello] = await server.received('HELLO', 2);
  assert.deepEqual(hello!.known, { identity: 0x5d1fn, revision: 7n });
  await client.invalidate(['t'], 0);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const [put] = await server.received('PUT');
  assert.deepEqual(put!.asof, { identity: 99n, revision: 1n });
  assert.equal(puts(told, 'dropped'), 1);
});

test('a value over the frame limit or with too many tags is not sent', async (t) => {
  const server = await fakeServer(t);
  server.terms.frameLimit = (8 << 20) + 5000;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client, told, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  for (let n = 0; n < 2; n++) {
    await client.take(KEY, Promise.resolve(stored({ value: [Buffer.alloc(5001)] })));
  }
  await client.take(
    KEY,
    Promise.resolve(
      stored({ tags: Array.from({ length: LIMITS.entryTags + 1 }, (_, n) => `${n}`) }),
    ),
  );
  // What ends its lease holds nothing.
  const [put] = await server.received('PUT');
  assert.deepEqual([put!.lease, sizeOf(put!.content.value), put!.content.life.expire], [3n, 0, 0]);
  assert.deepEqual([server.count('PUT'), puts(told, 'dropped')], [1, 3]);
  // Each is counted, and each kind said once.
  const said = log.notices.filter((line) => line.includes('stays in this process'));
  assert.match(
    said.join('; '),
    /^error: .* 5001 bytes; the server takes 5000 .*; error: .* 8193 tags/,
  );
  assert.equal(said.length, 2);
});

test('an entry of thousands of tags is sent, and so is a tag too long for a frame', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const tags = [...Array.from({ length: 5000 }, (_, n) => `${n}`), 'x'.repeat(5000)];
  await client.take(KEY, Promise.resolve(stored({ tags })));
  const sent = (await server.received('PUT'))[0]!.content.tags;
  assert.deepEqual(sent.slice(0, 5000), tags.slice(0, 5000));
  await client.invalidate(['x'.repeat(5000)], 0);
  assert.deepEqual((await server.received('INVALIDATE'))[0]!.tags, sent.slice(5000));
});

test('a put the server refuses keeps nobody waiting: nothing is to be shared under its lease', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  server.on('PUT', () => answer({ operation: 'ERROR', code: 'too-large', message: 'too large' }));
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored()));
  await log.until('too large');
  const [, put] = await server.received('PUT', 2);
  assert.deepEqual([put!.lease, sizeOf(put!.content.value), put!.content.life.expire], [3n, 0, 0]);
  // A server that takes not even that can be told that the lease has ended.
  assert.equal((await server.received('RELEASE'))[0]!.lease, 3n);
});

test('puts that do not fit in the queue are dropped and give their leases back', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, told, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.close();
  await log.until('no connection');
  const value = Buffer.alloc(30 << 20);
  for (let n = 0; n < 3; n++) {
    await client.take(keyOf(`k${n}`), Promise.resolve(stored({ value: [value] })));
  }
  assert.equal(puts(told, 'dropped'), 1);
  await server.listen(port);
  const sent = await server.received('PUT', 2);
  assert.deepEqual(
    sent.map(({ content }) => sizeOf(content.value)),
    [30 << 20, 30 << 20],
  );
});

test('an invalidation is repeated after a reconnection until it is confirmed', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  let attempts = 0;
  server.on('INVALIDATE', (_, peer) => {
    if (++attempts < 3) return void peer.socket.terminate();
    return answer({ operation: 'INVALIDATED', asof: { identity: 0x5d1fn, revision: 8n } });
  });
  await client.invalidate(['a', 'b'], 60);
  const frames = await server.received('INVALIDATE', 3);
  for (const { tags, expire } of frames) assert.deepEqual([tags, expire], [['a', 'b'], 60]);
});

test('an invalidation outlasts a server that is silent for a while', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  const invalidated = client.invalidate(['a'], 0);
  await log.until('nothing heard');
  server.thaw();
  await invalidated;
});

for (const transport of ['websocket', 'http'] as const) {
  test(`an invalidation that cannot be made durable is thrown, and owed: ${transport}`, async (t) => {
    const server = await fakeServer(t);
    const { client, log } = clientOf(t, server.url, { transport, nearCache: 1 << 20 });
    server.on('INVALIDATE', () =>
      answer({ operation: 'ERROR', code: 'store-unavailable', message: 'the disk is full' }),
    );
    const spent = await timed(() =>
      assert.rejects(client.invalidate(['a'], 0), /could not invalidate \["a"\]: the disk is full/),
    );
    const tried = server.count('INVALIDATE');
    assert.ok(tried > 1);
    assert.ok(spent < 6500, `${spent} ms`);
    // Nothing was disconnected, so that the next answer is what shows that it may be tried again.
    await look(client, KEY);
    await server.received('INVALIDATE', tried + 1);
    server.on('INVALIDATE', () =>
      answer({ operation: 'INVALIDATED', asof: server.invalidate(['a']) }),
    );
    await log.until('are confirmed');
    assert.deepEqual(server.current, { ...HISTORY, revision: 8n });
    await look(client, KEY);
    assert.deepEqual(server.current, { ...HISTORY, revision: 8n });
  });

  test(`an invalidation that is owed and then refused is not sent again: ${transport}`, async (t) => {
    const server = await fakeServer(t);
    const { port } = server;
    const { client, log } = clientOf(t, server.url, { transport, nearCache: 1 << 20 });
    await look(client, KEY);
    await server.close();
    await assert.rejects(client.invalidate(['owed'], 0), /could not invalidate/);
    server.on('INVALIDATE', () =>
      answer({ operation: 'ERROR', code: 'invalid-value', message: 'never' }),
    );
    await server.listen(port);
    const reading = async (): Promise<void> => {
      while (server.count('INVALIDATE') === 0) await Promise.all([look(client, KEY), turn()]);
    };
    await Promise.all([reading(), log.until('["owed"]: never')]);
    for (let n = 0; n < 10; n++) await look(client, KEY);
    assert.equal(server.count('INVALIDATE'), 1);
  });
}

test('an invalidation the server refuses is thrown at once', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  server.on('INVALIDATE', () =>
    answer({ operation: 'ERROR', code: 'invalid-value', message: 'no' }),
  );
  await assert.rejects(client.invalidate(['a'], 0), /: no$/);
  assert.equal(server.count('INVALIDATE'), 1);
});

test('an invalidation without a server is thrown within its bound', async (t) => {
  const { client } = clientOf(t, 'http://127.0.0.1:1');
  const spent = await timed(() => assert.rejects(client.invalidate(['a'], 0), /no connection/));
  assert.ok(spent < 6000, `${spent} ms`);
});

test('more tags than a frame holds become several invalidations', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  const tags = Array.from({ length: 1500 }, (_, n) => `t${n}`);
  await client.invalidate(tags, 0);
  const frames = await server.received('INVALIDATE', 2);
  assert.deepEqual(
    frames.flatMap((frame) => frame.tags),
    tags,
  );
});

test('what the server does with a put is told with a reason, unless it stores it', async (t) => {
  const server = await fakeServer(t);
  const { client, told, log } = clientOf(t, server.url, { timeout: 5000 });
  await look(client, keyOf('first'));
  for (const outcome of OUTCOMES) {
    server.on('PUT', () => answer({ operation: 'STORED', outcome }));
    await client.take(keyOf(outcome), Promise.resolve(stored()));
    await client.settled(keyOf(outcome));
    const event = told.find((one) => one.type === 'put' && one.key === keyOf(outcome).id);
    const { reason } = event as { reason: string };
    assert.equal(reason === '', outcome === 'stored', `${outcome}: ${reason}`);
    const line = log.lines.find((one) => one.includes(`put ${keyOf(outcome).id.slice(0, 12)}`));
    assert.ok(line?.endsWith(reason === '' ? outcome : `${outcome} (${reason})`), line);
  }
});
