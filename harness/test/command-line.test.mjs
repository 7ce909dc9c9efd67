import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Every command of this repository that is written in JavaScript, and an argument it does not know. */
const commands = {
  'bench/main.mjs': 'near',
  'conformance/main.mjs': 'lader',
  'conformance/pages/main.mjs': '--onlyreport',
  'docs/architecture.mjs': 'check',
  'examples/shop/demo/demo.mjs': '--port',
  'examples/shop/e2e/builds.mjs': 'rollup',
  'examples/shop/e2e/main.mjs': '--only',
  'examples/shop/e2e/scale-out.mjs': 'sentinel',
  'examples/shop/e2e/versions.mjs': '16.2.1',
  'examples/shop/origin/main.mjs': '--delay',
  'next/dist/seed-cli.js': '--distribution',
  'next/scripts/clean.mjs': 'src',
  'next/scripts/test.mjs': '--units',
};

/** How a command ends that is called with `args`, and what it says. */
async function called(command, ...args) {
  try {
    const { stdout } = await run(process.execPath, [command, ...args], { cwd: repository });
    return { status: 0, said: stdout };
  } catch ({ code, stderr }) {
    return { status: code, said: stderr };
  }
}

for (const [command, wrong] of Object.entries(commands)) {
  test(`${command} says how it is called`, async () => {
    const { status, said } = await called(command, '--help');
    assert.equal(status, 0);
    assert.match(said, /^usage: /i);
  });

  test(`${command} says what is wrong with ${wrong}, and how it is called`, async () => {
    const { status, said } = await called(command, wrong);
    assert.equal(status, 2, said);
    const [reason, ...rest] = said.split('\n');
    assert.match(reason, /^[a-z0-9 -]+: /);
    assert.ok(reason.includes(`'${wrong}'`), reason);
    assert.match(rest.join('\n'), /^usage: /im);
    assert.doesNotMatch(said, /^ +at /m);
  });
}

test('an option without its value is named', async () => {
  const { status, said } = await called('conformance/main.mjs', '--only');
  assert.equal(status, 2);
  assert.match(said, /^conformance: Option '--only <value>' argument missing\n/);
});

test('a second directory is named', async () => {
  const { status, said } = await called('next/dist/seed-cli.js', 'one', 'another');
  assert.equal(status, 2);
  assert.match(said, /^larder-seed: unexpected argument 'another'; expected one directory\n/);
});

test('options that exclude each other are named', async () => {
  const { status, said } = await called('next/scripts/test.mjs', '--unit', '--faults');
  assert.equal(status, 2);
  assert.match(said, /--unit, --mixed and --faults exclude each other; expected one of them/);
});

test('a value that is no number is named, with one that would be', async () => {
  const { status, said } = await called('examples/shop/e2e/scale-out.mjs', '--trial', '3s');
  assert.equal(status, 2);
  assert.match(said, /--trial is '3s'; expected a whole number of milliseconds, such as 6000/);
});
