// Runs the compiled tests. Those in test/server need a real server: LARDER_JAR names its jar, and
// LARDER_JAVA the java to run it with. `--unit` leaves them out; `--mixed` runs them alone, with one
// instance over HTTP and one connected.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../build/test', import.meta.url));
const unitOnly = process.argv.includes('--unit');
const mixed = process.argv.includes('--mixed');
const jar = process.env.LARDER_JAR;

if (!unitOnly && (!jar || !existsSync(jar))) {
  const found = jar ? `LARDER_JAR names ${jar}, which does not exist` : 'LARDER_JAR is not set';
  console.error(
    `${found}. The tests against a real server need it: build the server and name its runnable jar ` +
      'there (LARDER_JAVA names the java, 25 or newer). `npm run test:unit` runs the others alone.',
  );
  process.exit(1);
}

const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.test.js'))
  .sort();
const withServer = files.filter((file) => /^server[\\/]/.test(file));
const alone = files.filter((file) => !withServer.includes(file));

/** Runs the tests in `some`, whose instances use `transports` in turn. */
function run(some, transports) {
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-concurrency=1',
      '--test-timeout=120000',
      ...some.map((file) => join(root, file)),
    ],
    { stdio: 'inherit', env: { ...process.env, LARDER_TEST_TRANSPORTS: transports } },
  );
  if (status !== 0) process.exit(status ?? 1);
}

if (mixed) {
  run(
    withServer.filter((file) => !file.endsWith('http.test.js')),
    'http,websocket',
  );
} else {
  run(unitOnly ? alone : files, 'websocket');
}
