// Runs the tests in this directory. They need the shop built, the server's jar named in LARDER_JAR
// (and the java to run it with in LARDER_JAVA), and Chromium, which is installed when it is missing
// and apt-get may be used. Arguments name the test files to run; all of them without.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { installChromium } from '@larder/harness/chromium';
import { shop } from './support/instance.mjs';

/** Milliseconds for one file; the longest builds an app and compiles another. */
const patience = 900_000;
const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const { LARDER_JAR: jar } = process.env;

function refuse(why) {
  console.error(`e2e: ${why}`);
  process.exit(1);
}

if (!jar || !existsSync(jar)) {
  refuse(
    `${jar ? `LARDER_JAR names ${jar}, which does not exist` : 'LARDER_JAR is not set'}; ` +
      'build the server and name its runnable jar there, and the java to run it with in LARDER_JAVA',
  );
}
if (!existsSync(join(shop, '.next/BUILD_ID'))) refuse(`the shop is not built: npm run build`);
try {
  installChromium();
} catch (error) {
  refuse(error.message);
}

const files = readdirSync(here)
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)))
  .sort()
  .map((file) => join(here, file));
if (files.length === 0) refuse(`no test file is named ${wanted.join(' or ')}`);

let passed = 0;
process.on('exit', () => {
  if (passed === 0) process.exitCode = 1;
});
run({ files, concurrency: false, timeout: patience })
  .on('test:pass', () => (passed += 1))
  .on('test:fail', () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout);
