import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { keyOf } from '../../src/entry/key.js';
import { NearCache, type Copy } from '../../src/near/near-cache.js';

const run = promisify(execFile);

const KB = 1024;

const copy = (name: string, size: number, changes: Partial<Copy> = {}): Copy => ({
  key: keyOf(name),
  asof: { identity: 1n, revision: 5n },
  seen: 5n,
  currentAt: -Infinity,
  value: [new Uint8Array(size)],
  tags: ['t'],
  life: { stale: 30, revalidate: 60, expire: 3600 },
  generatedAt: 1000,
  ...changes,
});

test('the least recently used go when the budget is exceeded', () => {
  const near = new NearCache(64 * KB);
  for (const name of ['a', 'b', 'c', 'd', 'e']) near.keep(copy(name, 10 * KB));
  assert.equal(near.size, 5);
  near.get(keyOf('a'));
  near.keep(copy('f', 14 * KB));
  assert.equal(near.get(keyOf('b')), undefined);
  assert.ok(near.get(keyOf('a')) && near.get(keyOf('f')));
  assert.ok(near.bytes <= 64 * KB);
});

test('once a second it is time to ask about a copy, and never about what is not kept', () => {
  const near = new NearCache(64 * KB);
  const key = keyOf('a');
  assert.ok(!near.asks(key, 5000));
  near.keep(copy('a', KB));
  assert.ok(near.asks(key, 5000));
  near.keep(copy('a', KB, { seen: 6n }));
  assert.ok(!near.asks(key, 5999));
  assert.ok(near.asks(key, 6000));
});

test('whatever is used, dropped and kept in whatever order, the least recently used goes first', () => {
  const near = new NearCache(64 * KB);
  /** What is kept, by the same rule, the most recently used last. */
  let order: string[] = [];
  let state = 1;
  const next = (below: number): number => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
  for (let step = 0; step < 5000; step++) {
    const name = `entry-${next(12)}`;
    const kept = order.includes(name);
    const action = next(3);
    if (action === 0) {
      near.drop(keyOf(name));
      order = order.filter((one) => one !== name);
    } else if (action === 1 || !kept) {
      near.keep(copy(name, 9 * KB));
      order = [...order.filter((one) => one !== name), name].slice(-6);
    } else {
      assert.ok(near.get(keyOf(name)));
      order = [...order.filter((one) => one !== name), name];
    }
    assert.equal(near.size, order.length);
  }
  for (const name of Array.from({ length: 12 }, (_, n) => `entry-${n}`)) {
    assert.equal(near.get(keyOf(name)) !== undefined, order.includes(name), name);
  }
  near.clear();
  assert.deepEqual([near.bytes, near.size], [0, 0]);
  near.keep(copy('again', KB));
  assert.equal(near.size, 1);
});

test('what would take more than a quarter of the budget is not kept, nor is what it replaces', () => {
  const near = new NearCache(64 * KB);
  near.keep(copy('a', KB));
  near.keep(copy('a', 20 * KB, { generatedAt: 2000 }));
  assert.equal(near.get(keyOf('a')), undefined);
  assert.equal(near.bytes, 0);
});

test('bytes return to zero with the copies', () => {
  const near = new NearCache(64 * KB);
  near.keep(copy('a', KB));
  near.keep(copy('a', 2 * KB));
  near.keep(copy('b', KB));
  near.drop(keyOf('a'));
  near.drop(keyOf('a'));
  near.drop(keyOf('b'));
  assert.deepEqual([near.bytes, near.size], [0, 0]);
});

test('an older copy does not replace a newer one', () => {
  const near = new NearCache(64 * KB);
  const kept = (): number => near.get(keyOf('a'))!.value[0]!.length;
  near.keep(copy('a', 1));
  near.keep(copy('a', 2, { asof: { identity: 1n, revision: 4n }, generatedAt: 3000 }));
  assert.equal(kept(), 1);
  near.keep(copy('a', 3, { generatedAt: 999 }));
  assert.equal(kept(), 1);
  near.keep(copy('a', 4));
  assert.equal(kept(), 4);
  near.keep(copy('a', 5, { asof: { identity: 1n, revision: 6n }, generatedAt: 1 }));
  assert.equal(kept(), 5);
  near.keep(copy('a', 6, { asof: { identity: 2n, revision: 1n }, generatedAt: 1 }));
  assert.equal(kept(), 6);
});

test('a copy does not keep the message alive in which it arrived', () => {
  const near = new NearCache(64 * KB);
  const message = Buffer.alloc(1 << 20, 7);
  near.keep(copy('a', 0, { value: [message.subarray(10, 20)] }));
  const {
    value: [value],
  } = near.get(keyOf('a'))!;
  assert.deepEqual(Buffer.from(value!), Buffer.alloc(10, 7));
  assert.equal(value!.buffer.byteLength, 10);
});

test('a budget of nothing keeps nothing', () => {
  const near = new NearCache(0);
  near.keep(copy('a', 0));
  assert.deepEqual([near.bytes, near.size], [0, 0]);
});

for (const bytes of [50, 1024, 10_240, 102_400]) {
  test(`what values of ${bytes} bytes take of a process is what they are counted for`, async () => {
    const program = fileURLToPath(new URL('../support/near-memory.js', import.meta.url));
    const budget = 24;
    const { stdout } = await run(process.execPath, [program, `${bytes}`, `${budget}`]);
    const { counted, held } = JSON.parse(stdout) as { counted: number; held: number };
    assert.ok(counted > (budget << 20) * 0.9, `${counted} bytes are counted of ${budget} MiB`);
    assert.ok(Math.abs(held / counted - 1) < 0.15, `${held} bytes are held, ${counted} counted`);
  });
}
