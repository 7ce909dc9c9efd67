import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buildIdIn } from '../../src/runtime/build-id.js';

const COMMON = 'build-TfctsWXpff2fKS';

/** What a build left, by the names of files; gone with the test. */
function built(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'larder-id-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

test('a build is told from others by its id', (t) => {
  const config = JSON.stringify({ config: { deploymentId: 'd1' } });
  const files = { BUILD_ID: 'b1\n', 'required-server-files.json': config };
  assert.equal(buildIdIn(built(t, files)), 'b1');
  assert.equal(buildIdIn(built(t, {})), '');
});

test('where all builds have one id, they are told by their deployments', (t) => {
  t.after(() => delete process.env.NEXT_DEPLOYMENT_ID);
  const config = (deploymentId: string): string => JSON.stringify({ config: { deploymentId } });
  const id = (text: string): string =>
    buildIdIn(built(t, { BUILD_ID: COMMON, 'required-server-files.json': text }));
  assert.equal(id(config('d1')), 'd1');
  assert.equal(id(config('')), '');
  process.env.NEXT_DEPLOYMENT_ID = 'd2';
  assert.equal(id(config('d1')), 'd1', 'what it was made for comes before what is said now');
  assert.equal(id(config('')), 'd2');
  assert.equal(id('no JSON'), 'd2');
});
