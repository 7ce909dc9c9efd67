import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyOf } from '../../src/entry/key.js';
import { answer } from '../support/fake-server.js';
import { AT_ONCE, clientOf, fakeServer, timed, look } from '../support/fixtures.js';

/** Milliseconds a server takes that has just started; the timeout is a quarter. */
const SLOW = 400;

test('the first answer may take longer than the timeout, later ones may not', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, { timeout: SLOW / 4 });
  const lease = answer({ operation: 'MISS', current: server.current, lease: 5n });
  server.on('LOOKUP', ({ requestId }, peer) => {
    void pause(SLOW).then(() => peer.send({ ...lease, requestId } as never));
    return undefined;
  });
  assert.equal((await look(client, keyOf('first'), [], AT_ONCE)).leased, true);
  assert.equal((await look(client, keyOf('second'), [], AT_ONCE)).leased, false);
});

test('a server that never answered costs the first readers a second, and the next nothing', async (t) => {
  const server = await fakeServer(t);
  server.freeze();
  const { client } = clientOf(t, server.url);
  const first = await timed(() => look(client, keyOf('first'), [], AT_ONCE));
  assert.ok(first >= 900 && first < 1800, `${first} ms`);
  assert.ok((await timed(() => look(client, keyOf('second'), [], AT_ONCE))) < 60);
});
