import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Client } from '../../src/client/client.js';
import type { LarderEvent } from '../../src/events/events.js';
import { keyOf } from '../../src/entry/key.js';
import type { Settings } from '../../src/runtime/settings.js';
import type { Stored } from '../../src/entry/stored.js';
import { whole } from '../../src/wire/value.js';
import { answer, HISTORY, type FakeServer } from '../support/fake-server.js';
import {
  AT_ONCE,
  clientOf,
  content,
  fakeServer,
  look,
  timed,
  type RecordingLog,
} from '../support/fixtures.js';

const KEY = keyOf('k');
const WAITING = { ...AT_ONCE, wait: 5000 };
const FRESH = answer({
  operation: 'FRESH',
  current: HISTORY,
  entry: { revision: HISTORY.revision, content: content('v') },
});

interface Moving {
  readonly client: Client;
  readonly emitted: LarderEvent[];
  readonly log: RecordingLog;
  /** The server the client uses, and one it knows beside it. */
  readonly used: FakeServer;
  readonly other: FakeServer;
}

/** A client that uses one of two servers. */
async function moving(t: TestContext, changes: Partial<Settings> = {}): Promise<Moving> {
  const servers = [await fakeServer(t), await fakeServer(t)];
  const urls = servers.map(({ url }) => url);
  const { client, emitted, log } = clientOf(t, urls[0]!, { urls, timeout: 2000, ...changes });
  await look(client, keyOf('first'));
  const used = servers.find(({ frames }) => frames.length > 0)!;
  const other = servers.find((server) => server !== used)!;
  return { client, emitted, log, used, other };
}

/** The server says that it is about to stop. */
function stops({ peer }: FakeServer): void {
  peer.send({ operation: 'LEAVING', requestId: 0 });
}

/** Events that are only emitted when the server was not reached. */
function failures(emitted: readonly LarderEvent[]): readonly LarderEvent[] {
  return emitted.filter((event) => event.type === 'connection' && event.state === 'down');
}

function stored(value: string): Stored {
  const life = { stale: 30, revalidate: 60, expire: 3600 };
  const generatedAt = Number.MAX_SAFE_INTEGER;
  return { value: [Buffer.from(value)], tags: ['t'], life, generatedAt };
}

test('a server that stops is left once another is connected, and answers what it was asked', async (t) => {
  const { client, emitted, log, used, other } = await moving(t);
  used.on('LOOKUP', () => undefined);
  const asked = look(client, KEY);
  const [, lookup] = await used.received('LOOKUP', 2);
  stops(used);
  other.on('LOOKUP', () => FRESH);
  await log.until('asks to go elsewhere: connected to');
  assert.equal((await look(client, keyOf('second'))).state, 'fresh');
  used.peer.send({ ...FRESH, requestId: lookup!.requestId } as never);
  assert.equal((await asked).state, 'fresh');
  await once(used.peer.socket, 'close');
  assert.deepEqual(failures(emitted), []);
});

test('until another server is connected the one that stops is asked', async (t) => {
  const { client, emitted, used, other } = await moving(t);
  await other.close();
  used.on('LOOKUP', () => FRESH);
  stops(used);
  for (let n = 0; n < 20; n++) assert.equal((await look(client, keyOf(`k${n}`))).state, 'fresh');
  assert.deepEqual(failures(emitted), []);
});

test('who waits for another instance waits on at another server', async (t) => {
  const { client, emitted, used, other } = await moving(t);
  used.on('LOOKUP', (frame) => {
    if (frame.waitBudget === 0) return answer({ operation: 'MISS', current: HISTORY, lease: 0n });
    stops(used);
    return answer({ operation: 'MISS', current: HISTORY, lease: 0n });
  });
  other.on('LOOKUP', () => FRESH);
  const found = await look(client, KEY, [], WAITING);
  assert.equal(found.state, 'fresh');
  const [again] = await other.received('LOOKUP');
  assert.ok(again!.waitBudget > 0 && again!.waitBudget < WAITING.wait);
  assert.deepEqual(failures(emitted), []);
});

test('leases move to the other server before the first connection is closed', async (t) => {
  const { client, used, other } = await moving(t);
  used.on('LOOKUP', () => answer({ operation: 'MISS', current: HISTORY, lease: 77n }));
  assert.ok((await look(client, KEY)).leased);
  let renewed = false;
  let closed = false;
  used.peer.socket.on('close', () => (closed = true));
  other.on('RENEW', ({ lease }, peer) => {
    assert.equal(lease, 77n);
    assert.equal(closed, false);
    renewed = true;
    setImmediate(() => peer.send({ operation: 'RENEWED', requestId: 0xffff, held: true }));
    return answer({ operation: 'RENEWED', held: true });
  });
  stops(used);
  await once(used.peer.socket, 'close');
  assert.ok(renewed);
  await client.take(KEY, Promise.resolve(stored('v')));
  const [put] = await other.received('PUT');
  assert.equal(put!.lease, 77n);
});

test('what was pushed and asked before the other server answers about history is no lost history', async (t) => {
  const { client, used, other } = await moving(t, { nearCache: 1 << 20 });
  used.on('LOOKUP', () => FRESH);
  assert.equal((await look(client, KEY)).state, 'fresh');
  other.on('HELLO', () => {
    // It welcomes with what it knew a moment before the push arrives through the other.
    const asof = used.invalidate(['unrelated']);
    const invalidation = { revision: asof.revision, expiresIn: 0, tags: ['unrelated'] };
    used.peer.send({
      operation: 'INVALIDATION',
      requestId: 0,
      identity: asof.identity,
      invalidation,
    });
    other.current = asof;
    return undefined;
  });
  stops(used);
  const [hello] = await other.received('HELLO');
  while (client.history.revision === HISTORY.revision) await turn();
  other.peer.send({
    operation: 'WELCOME',
    requestId: hello!.requestId,
    version: 1,
    current: HISTORY,
    server: 'fake',
    ...other.terms,
  });
  await once(used.peer.socket, 'close');
  assert.equal(client.near.entries, 1);
  assert.equal(client.history.revision, HISTORY.revision + 1n);
});

for (const transport of ['websocket', 'http'] as const) {
  test(`a lookup whose server dies in the middle of it is asked of another, over ${transport}`, async (t) => {
    const { client, used, other } = await moving(t, { transport });
    used.on('LOOKUP', () => {
      void used.close();
      return undefined;
    });
    other.on('LOOKUP', () => FRESH);
    assert.equal((await look(client, KEY)).state, 'fresh');
  });

  test(`who waits at a server that dies waits on at another, over ${transport}`, async (t) => {
    const { client, used, other } = await moving(t, { transport });
    used.on('LOOKUP', ({ waitBudget }) => {
      if (waitBudget === 0) return answer({ operation: 'MISS', current: HISTORY, lease: 0n });
      void used.close();
      return undefined;
    });
    other.on('LOOKUP', () => FRESH);
    assert.equal((await look(client, KEY, [], WAITING)).state, 'fresh');
  });

  test(`without any server a lookup ends soon, over ${transport}`, async (t) => {
    const { client, used, other } = await moving(t, { transport, timeout: 100 });
    await Promise.all([used.close(), other.close()]);
    const spent = await timed(() => look(client, KEY, [], WAITING));
    assert.ok(spent < 1000, `${spent} ms`);
  });
}

test('a put that its server did not answer is sent to the next', async (t) => {
  const { client, used, other } = await moving(t);
  used.on('PUT', () => {
    void used.close();
    return undefined;
  });
  await client.take(KEY, Promise.resolve(stored('v')));
  const [put] = await other.received('PUT');
  assert.equal(whole(put!.content.value).toString(), 'v');
});

test('a server that falls silent is left for one that answers', async (t) => {
  const { client, log, used, other } = await moving(t, { timeout: 100 });
  other.on('LOOKUP', () => FRESH);
  used.freeze();
  await look(client, KEY);
  await log.until('is silent: connected to');
  assert.equal((await look(client, KEY)).state, 'fresh');
  used.thaw();
});

test('a server that was silent for a moment is kept if no other answers before', async (t) => {
  const { client, log, used, other } = await moving(t, { timeout: 100 });
  other.on('HELLO', () => undefined);
  used.freeze();
  await look(client, KEY);
  await other.received('HELLO');
  used.thaw();
  await log.until('answers again');
  assert.equal(client.usable, true);
  await once(other.peer.socket, 'close');
  assert.equal((await look(client, KEY)).state, 'miss');
  assert.equal(used.count('LOOKUP') > 2, true);
});

test('one that accepts connections and says nothing is passed over', async (t) => {
  const servers = [await fakeServer(t), await fakeServer(t), await fakeServer(t)];
  servers[0]!.freeze();
  servers[1]!.freeze();
  servers[2]!.on('LOOKUP', () => FRESH);
  const urls = servers.map(({ url }) => url);
  const { client, log } = clientOf(t, urls[0]!, { urls });
  const spent = await timed(async () => {
    await look(client, KEY);
    await log.until('connected to');
  });
  assert.ok(spent < 8000, `${spent} ms`);
  assert.equal((await look(client, KEY)).state, 'fresh');
});

test('over HTTP a server that closes its connections is asked no more', async (t) => {
  const { client, emitted, used, other } = await moving(t, { transport: 'http' });
  used.leaving = true;
  used.on('LOOKUP', () => FRESH);
  other.on('LOOKUP', () => FRESH);
  assert.equal((await look(client, KEY)).state, 'fresh');
  const asked = used.frames.length;
  assert.equal((await look(client, KEY)).state, 'fresh');
  assert.equal(used.frames.length, asked);
  assert.equal(other.count('LOOKUP'), 1);
  assert.deepEqual(failures(emitted), []);
});

test('over HTTP who waits at a server that stops waits on at another', async (t) => {
  const { client, emitted, used, other } = await moving(t, { transport: 'http' });
  used.leaving = true;
  other.on('LOOKUP', ({ waitBudget }) => {
    if (waitBudget === 0) return answer({ operation: 'MISS', current: HISTORY, lease: 0n });
    return FRESH;
  });
  assert.equal((await look(client, KEY, [], WAITING)).state, 'fresh');
  assert.deepEqual(failures(emitted), []);
});

test('over HTTP a server whose answers cannot be read is left for one whose can', async (t) => {
  const { client, log, used, other } = await moving(t, { transport: 'http', timeout: 500 });
  other.on('LOOKUP', () => FRESH);
  used.spoil = () => Buffer.from('000000059f00000000', 'hex');
  await look(client, KEY);
  await log.until('cannot read');
  const spent = await timed(async () => {
    while ((await look(client, KEY)).state !== 'fresh') await turn();
  });
  assert.ok(spent < 1000, `${spent} ms`);
});
