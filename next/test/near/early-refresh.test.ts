import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { keyFrom, keyOf } from '../../src/entry/key.js';
import { isDue } from '../../src/near/early-refresh.js';
import { answer, type FakeServer } from '../support/fake-server.js';
import { AT_ONCE, clientOf, content, fakeServer } from '../support/fixtures.js';

const GOLDEN = '../../../../testkit/src/main/resources/dev/larder/testkit/golden/early-refresh.csv';
const KEY = keyOf('k');
const LIFE = { stale: 30, revalidate: 60, expire: 3600 };

test('the moment of a key is what it is for the server', () => {
  const [, ...rows] = readFileSync(new URL(GOLDEN, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  assert.ok(rows.length > 10);
  for (const row of rows) {
    const [hex, share, revalidate, due] = row.split(',');
    const at = (age: number): boolean =>
      isDue(
        Number(share),
        keyFrom(Buffer.from(hex!, 'hex')),
        { ...LIFE, revalidate: Number(revalidate) },
        age,
      );
    if (due === 'never') assert.ok(!at(Number.MAX_SAFE_INTEGER), row);
    else assert.deepEqual([at(Number(due) - 1), at(Number(due))], [false, true], row);
  }
});

/** The age at which the entry of `KEY` may be regenerated, in milliseconds. */
const due = Array.from({ length: 60_000 }, (_, age) => age).find((age) =>
  isDue(0.1, KEY, LIFE, age),
)!;

/** A process that keeps the entry of a server, in time that a test moves on. */
async function keeper(t: TestContext) {
  const server = await fakeServer(t);
  let text = 'one';
  let age = due - 100;
  let moment = 1_000_000;
  const lookup = (lease?: bigint) => {
    const entry = { revision: 7n, content: content(text, { age }) };
    const { current } = server;
    return lease === undefined
      ? answer({ operation: 'FRESH', current, entry })
      : answer({ operation: 'STALE', current, lease, entry });
  };
  server.on('LOOKUP', () => lookup());
  const { client } = clientOf(
    t,
    server.url,
    { nearCache: 1 << 20, staleness: 600_000, earlyRefresh: 0.1, timeout: 10_000 },
    () => moment,
  );
  return {
    server,
    read: async (options = {}) => {
      const { lookup, outcome } = await client.lookup(KEY, [], { ...AT_ONCE, ...options });
      return `${outcome}, ${lookup.state}${lookup.leased ? ', leased' : ''}`;
    },
    pass: (milliseconds: number) => {
      moment += milliseconds;
      age += milliseconds;
    },
    lease: (lease: bigint) => server.on('LOOKUP', () => lookup(lease)),
    replace: (by: string) => {
      text = by;
      age = 0;
    },
  };
}

const asked = (server: FakeServer): number => server.count('LOOKUP');

test('a copy that is due is asked for once a second, and served in between', async (t) => {
  const { server, read, pass } = await keeper(t);
  assert.equal(await read(), 'remote, fresh');
  assert.equal(await read(), 'near, fresh');
  pass(100);
  assert.deepEqual(await Promise.all([read(), read(), read()]), [
    'remote, fresh',
    'near, fresh',
    'near, fresh',
  ]);
  pass(999);
  assert.equal(await read(), 'near, fresh');
  pass(1);
  assert.equal(await read(), 'remote, fresh');
  assert.equal(asked(server), 3);
});

test('who is granted the lease regenerates, and everybody else goes on with the copy', async (t) => {
  const { read, pass, lease } = await keeper(t);
  await read();
  pass(100);
  lease(3n);
  assert.equal(await read(), 'stale, stale, leased');
  assert.equal(await read(), 'near, fresh');
});

test('what was regenerated elsewhere replaces the copy within a second', async (t) => {
  const { read, pass, replace, server } = await keeper(t);
  await read();
  pass(100);
  await read();
  replace('two');
  pass(1000);
  assert.equal(await read(), 'remote, fresh');
  assert.equal(await read(), 'near, fresh');
  pass(due - 1001);
  assert.equal(await read(), 'near, fresh');
  assert.equal(asked(server), 3);
});

test('a reader that would wait for the generation gives the lease back', async (t) => {
  const { read, pass, lease, server } = await keeper(t);
  lease(3n);
  pass(100);
  assert.equal(await read({ freshOnly: true }), 'remote, fresh');
  assert.equal((await server.received('RELEASE'))[0]!.lease, 3n);
  assert.equal(await read({ freshOnly: true }), 'near, fresh');
});

test('a reader with a longer time of its own does not ask', async (t) => {
  const { read, pass, server } = await keeper(t);
  await read();
  pass(100);
  assert.equal(await read({ revalidate: 120 }), 'near, fresh');
  assert.equal(asked(server), 1);
});
