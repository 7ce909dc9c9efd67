import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../ports.mjs';
import { Program } from '../program.mjs';
import { temporaryDirectory } from '../temporary.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Where a JDK is; the launcher looks for one by itself if it is not told. */
const { LARDER_JAVA: java } = process.env;
const environment = java?.includes('/') ? { JAVA_HOME: dirname(dirname(java)) } : {};

test('a release archive has all that a server needs', { timeout: 300_000 }, async () => {
  const { stdout } = await run('./larder', ['build', 'release'], { cwd: repository });
  const archive = join(repository, stdout.trim().split('\n').at(-1).trim());
  const directory = temporaryDirectory();
  await run('tar', ['-xzf', archive, '-C', directory]);
  const [name] = readdirSync(directory);
  assert.match(name, /^larder-\d+\.\d+\.\d+/);
  const unpacked = join(directory, name);
  assert.deepEqual(readdirSync(unpacked).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'NOTICE',
    'completion',
    'larder',
    'lib',
  ]);

  // As it is when it is on the PATH.
  const launcher = join(directory, 'on-the-path');
  symlinkSync(join(unpacked, 'larder'), launcher);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new Program('larder', {
    command: launcher,
    args: ['serve', '--port', `${port}`],
    cwd: directory,
    env: environment,
  });
  try {
    await server.ready(`${url}/readyz`);
    assert.ok(readdirSync(join(directory, '.larder')).includes('data'), 'where it was called');
    const page = await (await fetch(url)).text();
    assert.match(page, /dashboard\/app/, 'the dashboard is in it');
    const env = { ...process.env, ...environment, LARDER_URL: url };
    const doctor = await run(launcher, ['doctor'], { env });
    assert.match(doctor.stdout, /^Healthy: all \d+ checks passed/);
    const version = await run(launcher, ['--version'], { env });
    assert.equal(version.stdout.trim(), name.replace('-', ' '));
    await assert.rejects(run(launcher, ['demo'], { env }), /unknown command 'demo'/);
  } finally {
    await server.stop();
  }
});
