import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { LIMITS } from '../../src/wire/limits.js';
import { answer } from '../support/fake-server.js';
import { clientOf, fakeServer, timed } from '../support/fixtures.js';

/** Tags that travel in two INVALIDATEs, one of which holds the last. */
const MANY = Array.from({ length: LIMITS.tags + 1 }, (_, n) => `t${n}`);
const LAST = MANY.slice(-1);
const MORE = Array.from({ length: 4 * LIMITS.tags }, (_, n) => `t${n}`);

/** A client that is connected. */
async function connected(t: TestContext) {
  const server = await fakeServer(t);
  const bench = clientOf(t, server.url);
  bench.client.greet();
  await server.connected();
  await bench.log.until('connected to');
  return { server, ...bench };
}

test('of more tags than one INVALIDATE holds, none is forgotten when it was not confirmed', async (t) => {
  const { server, client, log } = await connected(t);
  const { port } = server;
  await server.close();
  await log.until('no connection');
  await assert.rejects(client.invalidate(MANY, 0), /could not invalidate/);
  server.on('INVALIDATE', ({ tags }) =>
    answer({ operation: 'INVALIDATED', asof: server.invalidate(tags) }),
  );
  await server.listen(port);
  assert.match(await log.until('are confirmed'), /2 invalidations/);
  const sent = (await server.received('INVALIDATE', 2)).flatMap(({ tags }) => tags);
  assert.deepEqual(sent, MANY);
});

test('what follows an invalidation that was not confirmed is not waited for once more', async (t) => {
  const { server, client, log } = await connected(t);
  await server.close();
  await log.until('no connection');
  const one = await timed(() => assert.rejects(client.invalidate(['t'], 0)));
  const many = await timed(() => assert.rejects(client.invalidate(MORE, 0)));
  assert.ok(many < one * 2, `${many} ms, and ${one} ms for one tag`);
});

test('tags after those the server refuses are invalidated all the same', async (t) => {
  const { server, client } = await connected(t);
  server.on('INVALIDATE', ({ tags }) =>
    tags.length > 1
      ? answer({ operation: 'ERROR', code: 'invalid-value', message: 'no' })
      : answer({ operation: 'INVALIDATED', asof: server.invalidate(tags) }),
  );
  await assert.rejects(client.invalidate(MANY, 0), /could not invalidate \["t0",.*: no$/);
  const [, last] = await server.received('INVALIDATE', 2);
  assert.deepEqual(last!.tags, LAST);
});
