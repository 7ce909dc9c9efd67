import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Coherence } from '../../src/near/coherence.js';

/** A coherence whose time and whose refreshes a test moves. */
class Bench {
  moment = 1000;
  attended = true;
  readonly sent: ((answered: boolean) => void)[] = [];
  readonly coherence: Coherence;

  constructor(staleness: number) {
    this.coherence = new Coherence(
      { staleness, attended: () => this.attended },
      () => new Promise((resolve) => void this.sent.push(resolve)),
      () => this.moment,
    );
  }

  /** Answers the refresh sent as the `n`th, from 0. */
  async answer(n: number, answered = true): Promise<void> {
    this.sent[n]!(answered);
    await turn();
  }
}

test('strict: every request has a refresh that was sent after it began', async () => {
  const { coherence, sent, ...bench } = new Bench(0);
  void bench;
  coherence.begin(true);
  assert.equal(sent.length, 1);
  await turn();
  coherence.begin(true);
  assert.equal(sent.length, 2);
});

test('requests of one turn share a refresh', async () => {
  const bench = new Bench(0);
  const first = bench.coherence.begin(true);
  const second = bench.coherence.begin(true);
  assert.equal(bench.sent.length, 1);
  await bench.answer(0);
  assert.deepEqual([await first.refreshed(), await second.refreshed()], [true, true]);
});

test('who has just been reached is asked, unless a question is on its way', async () => {
  const bench = new Bench(1000);
  void bench.coherence.catchUp();
  await turn();
  void bench.coherence.catchUp();
  assert.equal(bench.sent.length, 1);
  await bench.answer(0, false);
  void bench.coherence.catchUp();
  assert.equal(bench.sent.length, 2);
});

test('what is known is as of the sending of a refresh, not of its answer', async () => {
  const bench = new Bench(0);
  const { since } = bench.coherence.begin(true);
  await turn();
  bench.moment = 1050;
  const later = bench.coherence.begin(true);
  bench.moment = 1100;
  await bench.answer(0);
  assert.equal(bench.coherence.isCurrent(since), true);
  assert.equal(bench.coherence.isCurrent(later.since), false);
  await bench.answer(1);
  assert.equal(bench.coherence.isCurrent(later.since), true);
});

test('a refresh that is not answered proves nothing', async () => {
  const bench = new Bench(0);
  const reading = bench.coherence.begin(true);
  await bench.answer(0, false);
  assert.equal(await reading.refreshed(), false);
  assert.equal(bench.coherence.isCurrent(reading.since), false);
});

test('push: one refresh counts for the staleness, and the next is sent after half of it', async () => {
  const bench = new Bench(1000);
  bench.coherence.begin(true);
  await bench.answer(0);
  bench.moment += 500;
  assert.equal(bench.coherence.isCurrent(bench.coherence.begin(true).since), true);
  assert.equal(bench.sent.length, 1);
  bench.moment += 1;
  assert.equal(bench.coherence.isCurrent(bench.coherence.begin(true).since), true);
  assert.equal(bench.sent.length, 2);
  await turn();
  bench.moment += 499;
  assert.equal(bench.coherence.isCurrent(bench.coherence.begin(true).since), true);
  bench.moment += 1;
  assert.equal(bench.coherence.isCurrent(bench.coherence.begin(true).since), false);
});

test('push: what is known counts for nothing after something was missed, until a later refresh', async () => {
  const bench = new Bench(1000);
  bench.coherence.begin(true);
  await bench.answer(0);
  bench.moment += 10;
  void bench.coherence.refresh();
  await turn();
  bench.moment += 10;
  bench.coherence.distrust();
  await bench.answer(1);
  const reading = bench.coherence.begin(true);
  assert.equal(bench.coherence.isCurrent(reading.since), false);
  await bench.answer(2);
  assert.equal(await reading.refreshed(), true);
  assert.equal(bench.coherence.isCurrent(reading.since), true);
});

test('push: while the server pushes nothing, every request asks', async () => {
  const bench = new Bench(1000);
  bench.coherence.begin(true);
  await bench.answer(0);
  bench.attended = false;
  bench.coherence.begin(true);
  assert.equal(bench.sent.length, 2);
});

test('a read that may not need it is not refreshed ahead', async () => {
  const bench = new Bench(0);
  const reading = bench.coherence.begin(false);
  assert.equal(bench.sent.length, 0);
  const refreshed = reading.refreshed();
  assert.equal(bench.sent.length, 1);
  await bench.answer(0);
  assert.equal(await refreshed, true);
});
