import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../harness/bars.mjs';

const coherent = { tried: 3, stale: 0, longest: 0, wrong: 0 };
const incoherent = { tried: 3, stale: 3, longest: 1000, wrong: 0 };
const contenders = [
  { id: 'larder', kind: 'larder', wrong: 0, coherence: coherent },
  { id: 'honest', kind: 'peer', wrong: 0, coherence: coherent },
  { id: 'hasty', kind: 'peer', wrong: 0, coherence: incoherent },
  { id: 'raw', kind: 'limit', wrong: 0 },
];
const results = {
  larder: { median: 2 },
  honest: { median: 4 },
  hasty: { median: 1 },
  raw: { median: 0.5 },
};

test('the best peer is the one with the least time, and no limit', () => {
  const bar = { subject: 'larder', against: 'peers', limit: 1.5 };
  const verdict = judge(bar, { better: 'less' }, results, contenders);
  assert.deepEqual(verdict, { ...bar, value: 2, rival: 'hasty', ratio: 2, reached: false });
});

test('who serves what was invalidated is no coherent peer', () => {
  const bar = { subject: 'larder', against: 'coherent peers', limit: 1 };
  const verdict = judge(bar, { better: 'less' }, results, contenders);
  assert.deepEqual(verdict, { ...bar, value: 2, rival: 'honest', ratio: 0.5, reached: true });
});

test('who gave a wrong value is no coherent peer', () => {
  const bar = { subject: 'larder', against: 'coherent peers', limit: 1 };
  const wrong = contenders.map((one) => (one.id === 'honest' ? { ...one, wrong: 1 } : one));
  const verdict = judge(bar, { better: 'less' }, results, wrong);
  assert.equal(verdict.reached, undefined);
});

test('where more is better the best peer has the most', () => {
  const bar = { subject: 'larder', against: 'peers', limit: 0.5 };
  const verdict = judge(bar, { better: 'more' }, results, contenders);
  assert.deepEqual(verdict, { ...bar, value: 2, rival: 'honest', ratio: 0.5, reached: true });
});

test('without rivals the number itself is limited', () => {
  const bar = { subject: 'larder', limit: 1.9 };
  assert.equal(judge(bar, { better: 'less' }, results, contenders).reached, false);
  assert.equal(judge(bar, { better: 'more' }, results, contenders).reached, true);
});

test('nothing is reached by who was not measured', () => {
  const bar = { subject: 'absent', limit: 1 };
  assert.deepEqual(judge(bar, { better: 'less' }, results, contenders), bar);
});
