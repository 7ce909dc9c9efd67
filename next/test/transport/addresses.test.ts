import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Addresses } from '../../src/transport/addresses.js';
import { keyOf } from '../../src/entry/key.js';
import type { Client } from '../../src/client/client.js';
import type { Settings } from '../../src/runtime/settings.js';
import { answer, HISTORY, type FakeServer } from '../support/fake-server.js';
import { clientOf, content, fakeServer, look } from '../support/fixtures.js';

const KEY = keyOf('k');

test('processes begin at different addresses, and go through all of them', () => {
  const addresses = new Addresses(['a', 'b', 'c'], () => 0.99);
  const seen = [];
  for (let n = 0; n < 4; n++) {
    seen.push(addresses.current);
    addresses.turn();
  }
  assert.deepEqual(seen, ['c', 'a', 'b', 'c']);
  assert.equal(new Addresses(['a', 'b'], () => 0).current, 'a');
});

for (const transport of ['websocket', 'http'] as const) {
  test(`when the server in use goes away another one is asked, over ${transport}`, async (t) => {
    const servers = [await servant(t), await servant(t)];
    const urls = servers.map(({ url }) => url);
    const changes: Partial<Settings> = { urls, transport, timeout: 2000 };
    const { client } = clientOf(t, urls[0]!, changes);
    assert.equal((await look(client, KEY)).state, 'fresh');
    const used = servers.find(({ frames }) => frames.length > 0)!;
    const other = servers.find((server) => server !== used)!;
    assert.equal(other.frames.length, 0);

    await used.close();
    await found(client);
    assert.notEqual(other.frames.length, 0);
  });

  test(`an address where nobody is costs no more than the next, over ${transport}`, async (t) => {
    const there = await servant(t);
    // Which comes first is chosen at random.
    for (let process = 0; process < 6; process++) {
      const urls = ['http://127.0.0.1:1', there.url];
      const { client } = clientOf(t, there.url, { urls, transport, timeout: 2000 });
      await found(client);
    }
  });
}

/** A server that has something under every key. */
async function servant(t: TestContext): Promise<FakeServer> {
  const server = await fakeServer(t);
  const entry = { revision: 7n, content: content('v') };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: HISTORY, entry }));
  return server;
}

/** Looks until it is found; rejects when that takes long. */
async function found(client: Client): Promise<void> {
  const deadline = performance.now() + 5000;
  while ((await look(client, KEY)).state !== 'fresh') {
    assert.ok(performance.now() < deadline, 'not found within 5 s');
    await pause(10);
  }
}
