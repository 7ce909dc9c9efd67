import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { keyOf } from '../../src/entry/key.js';
import { answer, HISTORY } from '../support/fake-server.js';
import { AT_ONCE, clientOf, fakeServer, timed, look } from '../support/fixtures.js';

const KEY = keyOf('k');

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
