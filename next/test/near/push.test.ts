import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { Settings } from '../../src/runtime/settings.js';
import type { FakeServer } from '../support/fake-server.js';
import { nearProcess } from '../support/near-process.js';

const PUSH: Partial<Settings> = { staleness: 60_000, outageStaleness: 0 };

test('a hit costs nothing, and a push counts', async (t) => {
  const { history, server, instance } = await nearProcess(t, PUSH);
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

test('when a push was missed nothing is served from here before a refresh', async (t) => {
  const { history, server, instance } = await nearProcess(t, PUSH);
  await instance.request();
  history.text = 'new';
  history.stamp = 9n;
  history.invalidate('t', 0, false);
  const refreshed = server.count('REFRESH');
  history.invalidate('other');
  await server.received('REFRESH', refreshed + 1);
  assert.equal(await instance.request(), 'new');
});

test('without pushes it is behind by the staleness at most', async (t) => {
  const { history, instance } = await nearProcess(t, { staleness: 200, outageStaleness: 0 });
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

test('a frozen server is not trusted for longer than the staleness', async (t) => {
  const { server, instance } = await nearProcess(t, { ...PUSH, staleness: 300, timeout: 100 });
  await instance.request();
  const since = now();
  server.freeze();
  while ((await instance.request()) === 'value') {
    assert.ok(now() - since < 300 + 50, `${now() - since} ms`);
    await pause(5);
  }
  assert.equal(instance.outcomes.at(-1), 'bypass');
});

/** Pings the client; everything sent before has been read when its pong is back. */
function ping(server: FakeServer): AbortSignal {
  server.peer.socket.ping();
  return AbortSignal.timeout(5000);
}
