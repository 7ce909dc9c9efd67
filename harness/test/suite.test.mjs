import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOrInstall } from '../programs.mjs';
import { inTurn } from '../suite/in-turn.mjs';
import { Shell } from '../suite/shell.mjs';
import { temporaryDirectory } from '../temporary.mjs';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../suite/main.mjs', import.meta.url));

/** How the tests end that are called with `args`, and what they print. */
function suite(args, environment = {}) {
  const env = { ...process.env, ...environment };
  return run(process.execPath, [main, ...args], { env }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test('the time of a part is printed that was run', async () => {
  const { code, stdout } = await suite(['--only', 'Example: tests of the origin']);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /These tests passed/);
  assert.match(stdout, /^ +\d+ s {2}Example: tests of the origin\n +\d+ s {2}in all$/m);
});

test('a part that is not there is refused, and those that are there are named', async () => {
  const { code, stderr } = await suite(['--only', 'e2e']);
  assert.equal(code, 2);
  assert.match(stderr, /^larder test: no part has 'e2e' in its name/);
  assert.match(stderr, /End to end: two Next.js instances/);
});

test('a Redis that does not run is named with its variable', async () => {
  const { code, stderr } = await suite(['--only', 'origin'], { LARDER_REDIS: '/nowhere/redis' });
  assert.equal(code, 1);
  assert.match(stderr, /LARDER_REDIS is '\/nowhere\/redis', which does not run; expected a redis/);
});

test('a part that fails ends the tests with what failed', async () => {
  const shell = new Shell(temporaryDirectory(), {});
  await assert.rejects(
    shell.run('sh', '-c', 'exit 3'),
    /^Error: sh -c exit 3 ended with status 3$/,
  );
  await assert.rejects(shell.run('no-such-program'), /ENOENT/);
});

test('what a command prints into a file is returned, and its end is shown when it fails', async () => {
  const directory = temporaryDirectory();
  const shell = new Shell(directory, { WORD: 'heard' });
  const loud = 'echo $WORD; echo louder >&2';
  assert.deepEqual(
    (await shell.logged('log/one.log', 'sh', '-c', loud)).trim().split('\n').sort(),
    ['heard', 'louder'],
  );
  await assert.rejects(
    shell.with({ WORD: 'last' }).logged('two.log', 'sh', '-c', `${loud}; exit 1`),
    /last[^]*ended with status 1; the whole output is in two\.log/,
  );
  assert.match(readFileSync(`${directory}/two.log`, 'utf8'), /louder/);
  assert.equal(await shell.lastLine('sh', '-c', 'echo one; echo two'), 'two');
});

test('a program that cannot be had is named with its remedy', () => {
  const path = process.env.PATH;
  process.env.PATH = '';
  try {
    const remedy = 'install it';
    const find = () => findOrInstall('Nothing', ['nothing-at-all'], { packages: [], remedy });
    assert.throws(find, /^Error: no Nothing was found; install it$/);
  } finally {
    process.env.PATH = path;
  }
});

test('a part that fails does not keep the others from being run, unless they need it', async () => {
  const run = async (wanted) => {
    const ran = [];
    const ended = inTurn(wanted, async ({ name, fails }) => {
      ran.push(name);
      if (fails) throw new Error(`${name} ended with status 1`);
    });
    const failure = await ended.then(
      () => undefined,
      (error) => error.message,
    );
    return { ran, failure };
  };
  const broken = { name: 'broken', fails: true };
  const whole = { name: 'whole' };
  assert.deepEqual(await run([whole, broken, { name: 'last' }]), {
    ran: ['whole', 'broken', 'last'],
    failure: 'what failed: broken',
  });
  assert.deepEqual(await run([{ ...broken, needed: true }, whole]), {
    ran: ['broken'],
    failure: 'what failed: broken',
  });
  assert.deepEqual(await run([whole]), { ran: ['whole'], failure: undefined });
});
