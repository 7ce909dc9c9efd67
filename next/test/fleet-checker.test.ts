import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetChecker, type Observation } from './support/fleet-checker.js';

/** The promises that are broken when this is seen, in whatever order. */
function broken(...observations: Observation[]): readonly string[] {
  const verdicts = [observations, observations.toReversed()].map((order) => {
    const checker = new FleetChecker();
    for (const observation of order) checker.note(observation);
    return checker.violations;
  });
  assert.deepEqual(verdicts[0]!.length, verdicts[1]!.length);
  return verdicts[0]!;
}

const acknowledged = (version: number, from: number, soft = false): Observation => ({
  what: 'acknowledged',
  who: 'a',
  tag: 't',
  version,
  from,
  soft,
});

const given = (version: number, began: number, behind = 0, who = 'b'): Observation => ({
  what: 'given',
  who,
  key: 'k',
  began,
  behind,
  versions: { t: version, other: 0 },
});

test('who begins after an acknowledgement must not be given what is older', () => {
  assert.equal(broken(acknowledged(2, 100), given(1, 110)).length, 1);
  assert.match(
    broken(acknowledged(2, 100), given(1, 110))[0]!,
    /b was given k with t of version 1; a was promised version 2 10 ms before/,
  );
  assert.deepEqual(broken(acknowledged(2, 100), given(2, 110), given(3, 110)), []);
  assert.deepEqual(broken(acknowledged(2, 100), given(1, 90)), []);
  assert.deepEqual(broken(acknowledged(1, 50), acknowledged(2, 200), given(1, 110)), []);
});

test('who may be behind is behind others so much and no more, and never behind himself', () => {
  assert.deepEqual(broken(acknowledged(2, 100), given(1, 500, 1000)), []);
  assert.equal(broken(acknowledged(2, 100), given(1, 1200, 1000)).length, 1);
  assert.equal(broken(acknowledged(2, 100), given(1, 500, 1000, 'a')).length, 1);
});

test('a deadline may pass unheeded for as long as clocks differ, and no longer', () => {
  assert.deepEqual(broken(acknowledged(2, 100, true), given(1, 100 + FleetChecker.LAG)), []);
  assert.equal(broken(acknowledged(2, 100, true), given(1, 200 + FleetChecker.LAG)).length, 1);
});

test('a call must end within its bound', () => {
  const ended = { what: 'ended', who: 'a', call: 'a read', bound: 100 } as const;
  assert.deepEqual(broken({ ...ended, took: 100 }), []);
  assert.deepEqual(broken({ ...ended, took: 101 }), ['a: a read took 101 ms; 100 at most']);
});
