import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluated } from '../measurement/targets.mjs';
import { Results } from '../measurement/results.mjs';
import { markdown } from '../measurement/report.mjs';

const row = {
  name: 'reads',
  title: 'Reading',
  work: 'Something is read.',
  measures: [
    {
      name: 'p50',
      title: '10 KB',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder', against: 'peers', limit: 0.7, why: 'It is young.' }],
    },
  ],
};
const machine = {
  processor: 'P',
  cores: 2,
  memory: 2 ** 34,
  kernel: 'Linux',
  versions: { JDK: '25' },
};

function results(samples = [1, 2, 6]) {
  const results = new Results(row);
  const enter = (id, kind) =>
    results.enter(id, { name: id.toUpperCase(), about: '', kind, version: () => '1.0' });
  enter('larder', 'larder');
  enter('peer', 'peer');
  for (const value of samples) results.sample('p50', 'larder', value);
  results.sample('p50', 'peer', 4);
  return results;
}

function written(results) {
  const outcome = { ...row, date: '2026-01-02T03:04:05Z', quick: true, ...results.collected() };
  return markdown(
    { machine, rows: [evaluated(outcome, row)] },
    ({ name }) => `pictures/${name}.svg`,
  );
}

test('the report shows median, spread and ratio, and whether the target was reached', () => {
  const text = written(results());
  assert.match(text, /\| LARDER \| \*\*2\.00\*\* \(1\.00–6\.00\) \|/);
  assert.match(text, /\| PEER \| \*\*4\.00\*\* \*×2\.00\* \|/);
  assert.match(
    text,
    /\| Reading \| 10 KB \| LARDER \| ≤ 0\.7 × the best peer \| ×0\.50 PEER \| ✔ \|/,
  );
});

test('the report says why a target was not reached, and only then', () => {
  assert.match(written(results([6])), /not reached.*\n[^]*- \*Reading, 10 KB\*: It is young\./);
  assert.doesNotMatch(written(results()), /young/);
});

test('the report says of whom numbers are that are fast because they are wrong', () => {
  const seen = results();
  seen.coherence('peer', { tried: 3, stale: 2, longest: 1000, wrong: 0 });
  seen.checked('larder', { reads: 10, wrong: 1 });
  const text = written(seen);
  assert.match(text, /\| PEER \| ⚠ \*\*4\.00\*\*.* ⚠ 2 of 3 times, for up to 1000 ms \|/);
  assert.match(text, /LARDER \(1\.0\): \*\*1 of 10 reads gave a wrong value\*\*/);
});

test('a subject that failed is in the report', () => {
  const seen = results();
  seen.enter('broken', { name: 'BROKEN', about: '', kind: 'peer', version: () => '' });
  seen.failed('broken', 'it did not answer');
  const text = written(seen);
  assert.match(text, /\| BROKEN \| failed \|/);
  assert.match(text, /BROKEN: \*\*failed\*\*: it did not answer/);
});

test('what is no number is no sample', () => {
  assert.throws(() => results().sample('p50', 'larder', NaN), /p50 of larder was measured as NaN/);
  assert.throws(() => results().sample('p99', 'larder', 1), /no measure p99/);
});
