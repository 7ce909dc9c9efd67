import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Client } from '../../src/client/client.js';
import { keyOf } from '../../src/entry/key.js';
import { whole } from '../../src/wire/value.js';
import { PROTOCOL_VERSION } from '../../src/wire/frame.js';
import { AT_ONCE, clientOf, fakeServer, look, puts, timed } from '../support/fixtures.js';

const KEY = keyOf('k');

/** Has `client` store so many values of so many bytes, each under a key of its own. */
function storeMany(client: Client, count: number, bytes: number): void {
  const life = { stale: 1, revalidate: 1, expire: 1 };
  const generatedAt = Number.MAX_SAFE_INTEGER;
  for (let n = 0; n < count; n++) {
    const generated = { value: [Buffer.alloc(bytes)], tags: [], life, generatedAt };
    void client.take(keyOf(`k${n}`), Promise.resolve(generated));
  }
}

test('nothing is connected before the first lookup asks for it', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, { namespace: 'shop', token: 's3cret' });
  assert.equal(client.usable, false);
  const found = await look(client, KEY, ['soft'], AT_ONCE);
  assert.equal(found.state, 'miss');
  assert.deepEqual(server.paths, ['/v1/shop/connect']);
  assert.equal(server.headers[0]!.authorization, 'Bearer s3cret');
  assert.equal(server.headers[0]!['sec-websocket-extensions'], undefined);
  const [hello] = await server.received('HELLO');
  assert.equal(hello!.version, PROTOCOL_VERSION);
  assert.deepEqual(hello!.known, { identity: 0n, revision: 0n });
});

test('the frames of one turn of the event loop travel as one message', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.messages.length = 0;
  const lookups = [];
  for (let n = 0; n < 5; n++) {
    lookups.push(look(client, keyOf(`k${n}`), [], AT_ONCE));
    await Promise.resolve();
  }
  await Promise.all(lookups);
  assert.deepEqual(server.messages, [Array(5).fill('LOOKUP')]);
});

test('a message that exceeds 1 MiB is followed by another', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.messages.length = 0;
  storeMany(client, 8, 200 << 10);
  await server.received('PUT', 8);
  const puts = server.messages.filter((message) => message.includes('PUT'));
  assert.deepEqual(puts, [Array(6).fill('PUT'), Array(2).fill('PUT')]);
});

test('a large value leaves alone and in fragments, what follows after it', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, { timeout: 5000 });
  await look(client, KEY, [], AT_ONCE);
  server.messages.length = 0;
  const raw = (server.peer.socket as unknown as { _socket: Socket })._socket;
  const value = [Buffer.alloc(5 << 20, 1), Buffer.alloc(3 << 20, 2), Buffer.alloc(10, 3)];
  const life = { stale: 1, revalidate: 1, expire: 1 };
  const generatedAt = Number.MAX_SAFE_INTEGER;
  raw.pause();
  void client.take(KEY, Promise.resolve({ value, tags: ['t'], life, generatedAt }));
  await turn();
  const found = look(client, keyOf('other'), [], AT_ONCE);
  raw.resume();
  assert.equal((await found).state, 'miss');
  const [put] = await server.received('PUT');
  assert.deepEqual(whole(put!.content.value), Buffer.concat(value));
  assert.deepEqual(server.messages, [['PUT'], ['LOOKUP']]);
});

test('a put whose connection ends in the middle of it is sent again over the next one', async (t) => {
  const server = await fakeServer(t);
  const { client, emitted } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const raw = (server.peer.socket as unknown as { _socket: Socket })._socket;
  raw.pause();
  const value = [Buffer.alloc(24 << 20, 1)];
  const life = { stale: 1, revalidate: 1, expire: 1 };
  const generatedAt = Number.MAX_SAFE_INTEGER;
  void client.take(KEY, Promise.resolve({ value, tags: ['t'], life, generatedAt }));
  await turn();
  raw.destroy();
  const [put] = await server.received('PUT');
  assert.deepEqual(whole(put!.content.value), value[0]);
  assert.equal(server.count('PUT'), 1);
  assert.equal(puts(emitted, 'dropped'), 0);
});

test('lookups overtake puts that wait for a congested link', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, { timeout: 1000 });
  await look(client, KEY, [], AT_ONCE);
  server.messages.length = 0;
  storeMany(client, 4, 1500 << 10);
  await look(client, KEY, [], AT_ONCE);
  await server.received('PUT', 4);
  const order = server.messages.flat();
  assert.ok(order.indexOf('LOOKUP') < order.lastIndexOf('PUT'), order.join());
});

test('an idle link is kept alive with a REFRESH within every heartbeat', async (t) => {
  const server = await fakeServer(t);
  server.terms.heartbeat = 200;
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.received('REFRESH');
  assert.ok((await timed(() => server.received('REFRESH', 4))) < 600);
});

test('neither a connection nor an attempt at one keeps a process alive', async (t) => {
  const server = await fakeServer(t);
  const client = new URL('../../src/client/client.js', import.meta.url);
  const events = new URL('../../src/events/events.js', import.meta.url);
  const program = `
    import { Client } from ${JSON.stringify(client.href)};
    import { Events } from ${JSON.stringify(events.href)};
    const log = { notice: console.log, error: console.log };
    const settings = {
      urls: [process.argv[1]], namespace: 'n', timeout: 100, wait: 0,
      nearCache: 0, warm: 0, staleness: 0, outageStaleness: 0, transport: 'websocket',
    };
    const clock = () => performance.timeOrigin + performance.now();
    const client = new Client(settings, new Events(), log, clock);
    const alive = setTimeout(() => {}, 10_000);
    const options = { wait: 0, freshOnly: false, generation: 1 };
    await client.lookup({ bytes: Buffer.of(1), id: '01' }, [], options);
    clearTimeout(alive);
  `;
  for (const url of [server.url, 'http://127.0.0.1:1']) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, url], {
      stdio: 'inherit',
    });
    const spent = await timed(async () => assert.deepEqual(await once(child, 'exit'), [0, null]));
    assert.ok(spent < 5000, `${spent} ms`);
  }
});
