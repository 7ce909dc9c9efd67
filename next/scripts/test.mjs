// Runs the compiled tests. Those in test/server need a real server: LARDER_JAR names its jar, and
// LARDER_JAVA the java to run it with. `--unit` leaves them out; `--mixed` runs them alone, with one
// instance over HTTP and one connected; `--faults` has fleets work for minutes while everything
// fails, and over links of many latencies, from seeds nobody has tried before.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../build/test', import.meta.url));
const unitOnly = process.argv.includes('--unit');
const mixed = process.argv.includes('--mixed');
const faults = process.argv.includes('--faults');
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

/** What says itself which transports it uses. */
const OWN_TRANSPORTS = /(http|links|scale-out|fleet-faults)\.test\.js$/;

/** Runs the tests in `some`, whose instances use `transports` in turn. */
function run(some, transports, environment = {}, minutes = 4) {
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-concurrency=1',
      `--test-timeout=${minutes * 60_000}`,
      ...some.map((file) => join(root, file)),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, LARDER_TEST_TRANSPORTS: transports, ...environment },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}

if (faults) {
  const some = withServer.filter((file) => file.endsWith('fleet-faults.test.js'));
  run(some, 'websocket', { LARDER_SEEDS: '4', LARDER_STORM: '40000' }, 20);
  const links = withServer.filter((file) => file.endsWith('links.test.js'));
  run(links, 'websocket', { LARDER_LINKS: '0,20,80,200', LARDER_STORM: '15000' });
} else if (mixed) {
  run(
    withServer.filter((file) => !OWN_TRANSPORTS.test(file)),
    'http,websocket',
  );
} else {
  run(unitOnly ? alone : files, 'websocket');
}
