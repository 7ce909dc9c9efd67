import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { Coherence } from '../../src/near/coherence.js';
import { Ledger } from '../../src/near/ledger.js';
import { clientOf, fakeServer, look } from '../support/fixtures.js';

const KEY = keyOf('k');

// A fault of this package, put where nobody waits: it must end neither the process nor a reader. What is
// rejected and not handled ends a test.

test('a fault behind the requests is said', async (t) => {
  const server = await fakeServer(t);
  t.mock.method(Coherence.prototype, 'catchUp', () => Promise.reject(new Error('a fault')));
  const { client, log } = clientOf(t, server.url, { timeout: 5000 });
  await look(client, KEY);
  assert.match(await log.until('a fault'), /behind the requests/);
  assert.equal(client.usable, true);
});

for (const transport of ['websocket', 'http'] as const) {
  test(`a fault in what is learnt is no answer, and keeps nobody waiting, over ${transport}`, async (t) => {
    const server = await fakeServer(t);
    t.mock.method(Ledger.prototype, 'refreshed', () => {
      throw new Error('a fault');
    });
    const { client, log } = clientOf(t, server.url, {
      transport,
      timeout: 5000,
      nearCache: 1 << 20,
    });
    assert.equal(await client.begin().refreshed(), false);
    assert.match(await log.until('a fault'), /could not be dealt with/);
    assert.equal(client.usable, true);
  });
}
