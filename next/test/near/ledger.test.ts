import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { Ledger } from '../../src/near/ledger.js';
import { UNKNOWN, type AsOf, type Invalidation } from '../../src/wire/frame.js';

const KEY = keyOf('k');
const HISTORY = 7n;
const NOW = 1_000_000;

const at = (revision: number, identity = HISTORY): AsOf => ({
  identity,
  revision: BigInt(revision),
});

const invalidation = (revision: number, expiresIn = 0, ...tags: string[]): Invalidation => ({
  revision: BigInt(revision),
  expiresIn,
  tags: tags.length > 0 ? tags : ['t'],
});

const entry = (revision: number, ...tags: string[]) => ({
  key: KEY,
  asof: at(revision),
  seen: BigInt(revision),
  tags: tags.length > 0 ? tags : ['t'],
});

/** A ledger that knows everything from `since` on. */
function ledgerOf(since: number, current: number, ...invalidations: Invalidation[]): Ledger {
  const ledger = new Ledger();
  ledger.refreshed({ current: at(current), since: BigInt(since), invalidations }, NOW, NOW);
  return ledger;
}

test('nothing is known, and nothing can be judged, before the first word of the server', () => {
  const ledger = new Ledger();
  assert.equal(ledger.current, UNKNOWN);
  assert.equal(ledger.known, UNKNOWN);
  assert.equal(ledger.knownAt(NOW), UNKNOWN);
  assert.equal(ledger.judge({ ...entry(0), asof: UNKNOWN }, [], NOW), 'unknown');
  assert.equal(ledger.judge(entry(0), [], NOW), 'unknown');
  assert.equal(ledger.follow(HISTORY, invalidation(1), NOW, NOW), false);
});

test('after a welcome only what is generated from then on can be judged, until a refresh', () => {
  const ledger = new Ledger();
  assert.equal(ledger.welcome(at(5), UNKNOWN, NOW), true);
  assert.equal(ledger.known, UNKNOWN);
  assert.deepEqual(ledger.current, at(5));
  assert.equal(ledger.judge(entry(4), [], NOW), 'unknown');
  assert.equal(ledger.judge(entry(5), [], NOW), 'unaffected');
  ledger.refreshed({ current: at(5), since: 2n, invalidations: [invalidation(4)] }, NOW, NOW);
  assert.deepEqual(ledger.known, at(5));
  assert.equal(ledger.judge(entry(1), [], NOW), 'unknown');
  assert.equal(ledger.judge(entry(3), [], NOW), 'expired');
  assert.equal(ledger.judge(entry(3, 'other'), [], NOW), 'unaffected');
  assert.equal(ledger.judge(entry(4), [], NOW), 'unaffected');
});

test('an entry is affected by invalidations after its stamp, of its tags, its readers and its key', () => {
  const ledger = ledgerOf(0, 5, invalidation(3, 0, 't'), invalidation(5, 60_000, 'soft'));
  assert.equal(ledger.judge(entry(2), [], NOW), 'expired');
  assert.equal(ledger.judge(entry(3), [], NOW), 'unaffected');
  assert.equal(ledger.judge(entry(3), ['soft'], NOW), 'stale');
  assert.equal(ledger.judge(entry(5), ['soft'], NOW), 'unaffected');
  assert.equal(ledger.judge(entry(4), ['soft'], NOW + 60_000), 'expired');
  ledger.follow(HISTORY, invalidation(6, 0, `larder:key:${KEY.id}`), NOW, NOW);
  assert.equal(ledger.judge(entry(5, 'other'), [], NOW), 'expired');
  assert.equal(ledger.judge({ ...entry(5, 'other'), seen: 6n }, [], NOW), 'unaffected');
});

test('the earliest deadline after the stamp decides, in whatever order they arrive', () => {
  const marks = [invalidation(1, 9000), invalidation(2, 3000), invalidation(3, 6000)];
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [2, 0, 1],
    [0, 2, 1],
    [1, 2, 0],
  ];
  for (const order of orders) {
    const ledger = ledgerOf(0, 3, ...order.map((n) => marks[n]!));
    const seen = (revision: number, after: number) =>
      ledger.judge(entry(revision), [], NOW + after);
    assert.deepEqual(
      [seen(0, 2999), seen(0, 3000), seen(1, 3000), seen(2, 3000), seen(2, 6000), seen(3, 1e9)],
      ['stale', 'expired', 'expired', 'stale', 'expired', 'unaffected'],
      String(order),
    );
  }
});

test('a hard invalidation is not undone by a later soft one', () => {
  const ledger = ledgerOf(0, 2, invalidation(1), invalidation(2, Infinity));
  assert.equal(ledger.judge(entry(0), [], NOW), 'expired');
  assert.equal(ledger.judge(entry(1), [], 1e15), 'stale');
});

test('more deadlines than are kept apart only expire an entry early', () => {
  const marks = Array.from({ length: 40 }, (_, n) => invalidation(n + 1, (n + 1) * 1000));
  const ledger = ledgerOf(0, 40, ...marks);
  for (let stamp = 0; stamp < 40; stamp++) {
    const deadline = NOW + (stamp + 1) * 1000;
    assert.equal(ledger.judge(entry(stamp), [], deadline), 'expired', `${stamp}`);
    assert.notEqual(ledger.judge(entry(stamp), [], NOW), 'unaffected', `${stamp}`);
  }
  assert.equal(ledger.judge(entry(40), [], 1e15), 'unaffected');
});

test('a push that does not follow says so and changes nothing; a refresh fills the gap', () => {
  const ledger = ledgerOf(0, 5);
  assert.equal(ledger.follow(HISTORY, invalidation(7), NOW, NOW), false);
  assert.equal(ledger.judge(entry(5), [], NOW), 'unaffected');
  assert.deepEqual(ledger.knownAt(NOW), at(5));
  const invalidations = [invalidation(6, 0, 'a'), invalidation(7)];
  const answer = { current: at(7), since: 5n, invalidations };
  assert.equal(ledger.refreshed(answer, NOW, NOW + 1), true);
  assert.equal(ledger.judge(entry(5), [], NOW), 'expired');
  assert.deepEqual(ledger.knownAt(NOW + 1), at(7));
});

test('pushes and refreshes may overtake each other', () => {
  const ledger = ledgerOf(0, 5);
  ledger.follow(HISTORY, invalidation(6, 0, 'a'), NOW, NOW);
  ledger.follow(HISTORY, invalidation(7, 0, 'b'), NOW, NOW);
  const overtaken = { current: at(6), since: 5n, invalidations: [invalidation(6, 0, 'a')] };
  assert.equal(ledger.refreshed(overtaken, NOW, NOW), true);
  assert.deepEqual(ledger.current, at(7));
  assert.equal(ledger.follow(HISTORY, invalidation(6, 0, 'a'), NOW, NOW), true);
  assert.equal(ledger.judge(entry(6, 'a'), [], NOW), 'unaffected');
  assert.equal(ledger.judge(entry(5, 'a'), [], NOW), 'expired');
  assert.equal(ledger.judge(entry(6, 'b'), [], NOW), 'expired');
});

test('another history, or one that went backwards, voids what was known', () => {
  for (const point of [at(9, 8n), at(4)]) {
    const ledger = ledgerOf(0, 5);
    assert.equal(ledger.welcome(point, ledger.current, NOW + 1), false);
    assert.equal(ledger.judge(entry(3), [], NOW), 'unknown');
    assert.equal(ledger.knownAt(NOW), UNKNOWN);
    assert.deepEqual(ledger.knownAt(NOW + 1), point);
    assert.equal(ledger.known, UNKNOWN);
  }
  const ledger = ledgerOf(0, 5);
  const other = { current: at(3, 8n), since: 1n, invalidations: [] };
  assert.equal(ledger.refreshed(other, NOW, NOW), false);
  assert.equal(ledger.judge(entry(5), [], NOW), 'unknown');
  assert.equal(ledger.judge({ ...entry(1), asof: at(1, 8n) }, [], NOW), 'unaffected');
});

test('a refresh that begins after what is known leaves a gap, and voids it', () => {
  const ledger = ledgerOf(0, 5);
  assert.equal(
    ledger.refreshed({ current: at(99), since: 50n, invalidations: [] }, NOW, NOW),
    false,
  );
  assert.equal(ledger.judge(entry(5), [], NOW), 'unknown');
  assert.equal(ledger.judge(entry(49), [], NOW), 'unknown');
  assert.equal(ledger.judge(entry(50), [], NOW), 'unaffected');
});

test('tags that are forgotten raise the floor', () => {
  const ledger = ledgerOf(0, 0);
  const count = 20_000;
  for (let n = 1; n <= count; n++) ledger.follow(HISTORY, invalidation(n, 0, `tag-${n}`), NOW, NOW);
  assert.ok(ledger.size < count);
  assert.equal(ledger.judge(entry(0, 'tag-1'), [], NOW), 'unknown');
  for (let n = 1; n <= count; n++) {
    assert.notEqual(ledger.judge(entry(n - 1, `tag-${n}`), [], NOW), 'unaffected', `${n}`);
  }
  assert.equal(ledger.judge(entry(count - 1, 'tag-1'), [], NOW), 'unaffected');
});

test('however many keys are purged, what is known of tags stays, and so do copies of others', () => {
  const replaced: string[] = [];
  const ledger = new Ledger((id) => void replaced.push(id));
  ledger.welcome(at(0), at(0), NOW);
  ledger.refreshed({ current: at(0), since: 0n, invalidations: [] }, NOW, NOW);
  ledger.follow(HISTORY, invalidation(1, 0, 't'), NOW, NOW);
  const purges = 20_000;
  for (let n = 2; n < purges; n++) {
    const tags = [`larder:purge:${n}`, `larder:key:${n}`];
    ledger.follow(HISTORY, { revision: BigInt(n), expiresIn: 0, tags }, NOW, NOW);
  }
  assert.equal(replaced.length, purges - 2);
  assert.equal(ledger.size, 1);
  assert.equal(ledger.judge(entry(0), [], NOW), 'expired');
  assert.equal(ledger.judge(entry(0, 'other'), [], NOW), 'unaffected');
  assert.equal(ledger.recalls(1n), false);
  assert.equal(ledger.recalls(BigInt(purges - 1)), true);
});
