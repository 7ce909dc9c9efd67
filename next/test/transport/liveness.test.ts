import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness, type Waiting } from '../../src/transport/liveness.js';

/** Milliseconds of patience of everybody here. */
const TIMEOUT = 100;

/** A link that is silent, and the moments at which its liveness check noticed something. */
class Silence {
  readonly liveness: Liveness;
  moment = 0;
  /** By how much the clock is wrong. */
  wrong = 0;
  silentAt: number | undefined;
  probedAt: number | undefined;
  #turn: { readonly ends: number; readonly task: () => void } | undefined;

  constructor() {
    const body = {
      received: () => 0,
      unsent: () => 0,
      probe: () => (this.probedAt ??= this.moment),
      fell: () => (this.silentAt ??= this.moment),
      die: () => {},
    };
    const after = (milliseconds: number, task: () => void): undefined => {
      this.#turn = { ends: this.moment + milliseconds, task };
    };
    this.liveness = new Liveness(
      () => TIMEOUT,
      body,
      () => this.moment + this.wrong,
      after,
    );
  }

  /** Lets time pass, seen by the event loop only once all of it has. */
  pass(milliseconds: number): void {
    this.moment += milliseconds;
    const turn = this.#turn;
    if (!turn || turn.ends > this.moment) return;
    this.#turn = undefined;
    turn.task();
  }

  /** Lets time pass until `late` milliseconds after the turn should have ended. */
  passTurn(late: number): void {
    this.pass((this.#turn?.ends ?? this.moment) - this.moment + late);
  }

  /** Waits for an answer; the moment at which that is given up. */
  wait(request: number): { gaveUpAt: number | undefined } {
    const seen: { gaveUpAt: number | undefined } = { gaveUpAt: undefined };
    const waiter: Waiting = {
      patience: TIMEOUT,
      deadline: Infinity,
      steadfast: false,
      giveUp: () => (seen.gaveUpAt = this.moment),
    };
    this.liveness.watch(request, waiter);
    return seen;
  }
}

for (const late of [0, 1, 2, 4]) {
  test(`silence is noticed within the timeout where timers are ${late} ms late`, () => {
    const link = new Silence();
    const seen = link.wait(1);
    while (seen.gaveUpAt === undefined && link.moment < 2 * TIMEOUT) link.passTurn(late);
    assert.ok(seen.gaveUpAt !== undefined, 'who waits was not given up');
    assert.ok(seen.gaveUpAt <= TIMEOUT && seen.gaveUpAt >= TIMEOUT * 0.9, `at ${seen.gaveUpAt}`);
    assert.equal(link.silentAt, seen.gaveUpAt);
  });
}

test('a loop that was blocked counts one turn, and gets the others almost whole', () => {
  const link = new Silence();
  const seen = link.wait(1);
  const blocked = 5000;
  link.pass(blocked);
  assert.equal(seen.gaveUpAt, undefined);
  while (seen.gaveUpAt === undefined && link.moment < blocked + TIMEOUT) link.pass(1);
  assert.ok(seen.gaveUpAt !== undefined, 'who waits was not given up');
  assert.ok(seen.gaveUpAt >= blocked + TIMEOUT * 0.65, `at ${seen.gaveUpAt - blocked}`);
});

test('a clock that jumps back does not make a turn longer', () => {
  const link = new Silence();
  const seen = link.wait(1);
  link.pass(30);
  link.wrong = -1_000_000;
  while (seen.gaveUpAt === undefined && link.moment < 2 * TIMEOUT) link.pass(1);
  assert.ok(seen.gaveUpAt !== undefined, 'who waits was not given up');
});

test('who begins to wait in the middle of a turn is given a whole one for it', () => {
  const link = new Silence();
  link.wait(1);
  link.pass(10);
  const second = link.wait(2);
  while (link.silentAt === undefined && link.moment < 2 * TIMEOUT) link.pass(1);
  assert.ok(link.silentAt !== undefined, 'the silence was not noticed');
  assert.equal(second.gaveUpAt, link.silentAt);
  assert.ok(link.probedAt !== undefined && link.probedAt < link.silentAt);
});
