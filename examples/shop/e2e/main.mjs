import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { installChromium } from '@larder/harness/chromium';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';
import { shop } from './support/instance.mjs';

const usage = `Usage: npm run test:e2e -- [--show DIRECTORY] [file …]

  file              only the test files with this in their name; none: all in e2e/ but questions,
                    edge-others and warm-up, which take their time
  --show DIRECTORY  where questions.test.mjs writes what it saw: outputs of commands and pictures of the
                    dashboard; docs/guide-outputs.mjs puts them into docs/guide/operations.md

The tests need the shop built, the server's jar named in LARDER_JAR (and the java to run it with in
LARDER_JAVA), and Chromium, which is installed when it is missing and apt-get may be used.`;

/** Milliseconds for one file; the longest builds an app and compiles another. */
const timeout = 900_000;
/** Only run where they are named: they build apps, fill a budget of disk, or wait for reports. */
const LONG = ['edge-others.test.mjs', 'questions.test.mjs', 'warm-up.test.mjs'];
const here = fileURLToPath(new URL('.', import.meta.url));
const {
  values,
  positionals: wanted,
  refuse,
} = commandLine(usage, {
  name: 'e2e',
  options: { show: { type: 'string' } },
  positionals: true,
});
if (values.show) process.env.QUESTIONS_SHOWN = resolve(values.show);

const missing = whyNoServer();
if (missing) refuse(missing);
if (!existsSync(join(shop, '.next/BUILD_ID'))) refuse('the shop is not built; run npm run build');
try {
  installChromium();
} catch (error) {
  refuse(error.message);
}

const files = readdirSync(here)
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) =>
    wanted.length === 0 ? !LONG.includes(file) : wanted.some((name) => file.includes(name)),
  )
  .sort()
  .map((file) => join(here, file));
if (files.length === 0) refuse(`no test file has ${wanted.join(' or ')} in its name`);

let passed = 0;
process.on('exit', () => {
  if (passed === 0) process.exitCode = 1;
});
run({ files, concurrency: false, timeout })
  .on('test:pass', () => (passed += 1))
  .on('test:fail', () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout);
