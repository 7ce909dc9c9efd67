import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../measurement/targets.mjs';

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
  const target = { subject: 'larder', against: 'peers', limit: 1.5 };
  const verdict = evaluate(target, { better: 'less' }, results, contenders);
  assert.deepEqual(verdict, { ...target, value: 2, rival: 'hasty', ratio: 2, reached: false });
});

test('who serves what was invalidated is no coherent peer', () => {
  const target = { subject: 'larder', against: 'coherent peers', limit: 1 };
  const verdict = evaluate(target, { better: 'less' }, results, contenders);
  assert.deepEqual(verdict, { ...target, value: 2, rival: 'honest', ratio: 0.5, reached: true });
});

test('who gave a wrong value is no coherent peer', () => {
  const target = { subject: 'larder', against: 'coherent peers', limit: 1 };
  const wrong = contenders.map((one) => (one.id === 'honest' ? { ...one, wrong: 1 } : one));
  const verdict = evaluate(target, { better: 'less' }, results, wrong);
  assert.equal(verdict.reached, undefined);
});

test('where more is better the best peer has the most', () => {
  const target = { subject: 'larder', against: 'peers', limit: 0.5 };
  const verdict = evaluate(target, { better: 'more' }, results, contenders);
  assert.deepEqual(verdict, { ...target, value: 2, rival: 'honest', ratio: 0.5, reached: true });
});

test('one subject can be compared with another by its name', () => {
  const target = { subject: 'larder', against: 'honest', limit: 0.5 };
  const verdict = evaluate(target, { better: 'less' }, results, contenders);
  assert.deepEqual(verdict, { ...target, value: 2, rival: 'honest', ratio: 0.5, reached: true });
});

test('without rivals the number itself is limited', () => {
  const target = { subject: 'larder', limit: 1.9 };
  assert.equal(evaluate(target, { better: 'less' }, results, contenders).reached, false);
  assert.equal(evaluate(target, { better: 'more' }, results, contenders).reached, true);
});

test('nothing is reached by who was not measured', () => {
  const target = { subject: 'absent', limit: 1 };
  assert.deepEqual(evaluate(target, { better: 'less' }, results, contenders), target);
});
