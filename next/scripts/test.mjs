import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';

const root = fileURLToPath(new URL('../build/test', import.meta.url));
const usage = `Usage: node scripts/test.mjs [--unit | --mixed | --faults]

Runs the compiled tests. Those in test/server need a real server: LARDER_JAR names its jar, and
LARDER_JAVA the java to run it with.

  --unit     leaves them out
  --mixed    runs them alone, with one instance over HTTP and one connected; and what a render sees
             over both
  --faults   has fleets work for minutes while everything fails, and over links of many latencies, from
             seeds nobody has tried before`;

const { values, refuse } = commandLine(usage, {
  name: 'test',
  options: {
    unit: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
  },
});
const { unit: unitOnly, mixed, faults } = values;
if ([unitOnly, mixed, faults].filter(Boolean).length > 1) {
  refuse('--unit, --mixed and --faults exclude each other; expected one of them, or none');
}
const missing = unitOnly ? undefined : whyNoServer();
if (missing) refuse(`${missing}. npm run test:unit runs the tests that need no server`);

const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.test.js'))
  .sort();
const withServer = files.filter((file) => /^server[\\/]/.test(file));
const alone = files.filter((file) => !withServer.includes(file));

/** What loads the machine by itself, so that nothing else is run beside it. */
const loads = (file) => /(links|scale-out|fleet-faults)\.test\.js$/.test(file);

/** What says itself which transports it uses. */
const hasOwnTransports = (file) => loads(file) || file.endsWith('http.test.js');

/** So many files at a time: they wait for timers more than they work, less so where servers are started. */
const AT_ONCE = { alone: 4, withServer: 2 };

/** Runs the tests in `some`, whose instances use `transports` in turn. */
function run(some, transports, { environment = {}, minutes = 4, atOnce = 1 } = {}) {
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${atOnce}`,
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
  const environment = { LARDER_SEEDS: '4', LARDER_STORM: '40000' };
  run(some, 'websocket', { environment, minutes: 20 });
  const links = withServer.filter((file) => file.endsWith('links.test.js'));
  const latencies = { LARDER_LINKS: '0,20,80,200', LARDER_STORM: '15000' };
  run(links, 'websocket', { environment: latencies });
} else if (mixed) {
  run(
    [...withServer.filter((file) => !hasOwnTransports(file)), 'rendering.test.js'],
    'http,websocket',
    { atOnce: AT_ONCE.withServer },
  );
} else {
  run(alone, 'websocket', { atOnce: AT_ONCE.alone });
  if (!unitOnly) {
    const others = withServer.filter((file) => !loads(file));
    run(others, 'websocket', { atOnce: AT_ONCE.withServer });
    run(withServer.filter(loads), 'websocket');
  }
}
