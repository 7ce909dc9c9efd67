import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.mjs', import.meta.url));
const report = new URL('../../.larder/bench/tiny/report.json', import.meta.url);

test('a row of the benchmark measures Larder', { timeout: 180_000 }, () => {
  const args = [main, '--tiny', '--only', 'near', '--subjects', 'larder'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const { rows } = JSON.parse(readFileSync(report, 'utf8'));
  const { subjects, measures } = rows.find(({ name }) => name === 'near');
  const [{ id, failed, wrong, missed, coherence }] = subjects;
  assert.deepEqual(
    { id, failed, wrong, missed },
    { id: 'larder', failed: undefined, wrong: 0, missed: 0 },
  );
  assert.deepEqual({ ...coherence, longest: 0 }, { tried: 1, stale: 0, longest: 0, wrong: 0 });
  for (const { name, results } of measures) assert.ok(results.larder.median > 0, name);
});

for (const name of ['tls', 'redis-sdk', 'redis-engine']) {
  test(`the row ${name} measures everybody`, { timeout: 180_000 }, () => {
    const args = [main, '--tiny', '--only', name, '--subjects', 'larder,larder-tls'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const { rows } = JSON.parse(readFileSync(report, 'utf8'));
    const { subjects, measures } = rows.find((row) => row.name === name);
    assert.ok(subjects.length >= 2);
    for (const { name: measure, results } of measures) {
      for (const { id } of subjects) assert.ok(results[id].median > 0, `${measure} of ${id}`);
    }
  });
}
