import { fileURLToPath } from 'node:url';

/**
 * A part of the tests.
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {boolean} [full] only in the full run
 * @property {boolean} [needed] by the parts after it, which are not run when it fails; after any other they are
 * @property {(shell: import('./shell.mjs').Shell, full: boolean) => Promise<void>} run
 */

/** Where the questions of who is on call leave what they saw, for the guide. */
const SHOWN = fileURLToPath(new URL('../../.larder/questions', import.meta.url));

/** How Maven is called: in batches, without progress of downloads. */
const MAVEN = ['./mvnw', '-B', '-ntp'];

/**
 * How many random histories and simulated fleets of each kind the full run tries, from seeds nobody
 * has tried before: seconds since the epoch are the first. A failure prints its own.
 *
 * @returns {string[]} options of Maven
 */
function manySimulations() {
  const first = Math.floor(Date.now() / 1000);
  return [
    '-Dlarder.history.count=1500',
    `-Dlarder.history.first=${first}`,
    '-Dlarder.fleet.count=2000',
    '-Dlarder.fleet.several=800',
    `-Dlarder.fleet.first=${first}`,
    '-Dlarder.redis.histories=800',
    `-Dlarder.redis.first=${first}`,
  ];
}

/**
 * How many keys are evicted beside each store and the simulated fleets, how many frames are mutated, how
 * many messages of tags a server is sent, and how often servers are killed: every run does a few.
 */
const MANY_FAULTS = [
  '-Dlarder.evictions=300000',
  '-Dlarder.faults.frames=300000',
  '-Dlarder.tags.messages=200',
  '-Dlarder.crashes=25',
];

/**
 * A script of a workspace, as what runs a part.
 *
 * @param {string} workspace
 * @param {string} name
 */
const script = (workspace, name) => (shell) => shell.run('npm', '-w', workspace, 'run', name);

/** All of them, in the order in which they run: what is quick or builds comes first. @type {Part[]} */
export const parts = [
  {
    name: 'Architecture: no arrow that is not drawn',
    run: (shell) => shell.run('node', 'docs/architecture.mjs', '--check'),
  },
  {
    // First, so that the server is built with it, and once.
    name: 'Dashboard: build',
    needed: true,
    run: (shell) => shell.run('./larder', 'build', 'dashboard'),
  },
  {
    name: 'Server: build, unit and process tests',
    needed: true,
    run: (shell, full) =>
      shell.run(
        ...MAVEN,
        'verify',
        ...(full ? ['-Dtests.excluded=none', ...manySimulations(), ...MANY_FAULTS] : []),
      ),
  },
  {
    name: 'Server: the shared store on Redis 6.2',
    full: true,
    run: (shell) => onStore(shell, 'redis-6.2'),
  },
  {
    name: 'Server: the shared store on Valkey',
    full: true,
    run: (shell) => onStore(shell, 'valkey'),
  },
  {
    name: 'npm packages and example: build',
    needed: true,
    run: (shell) => shell.run('./larder', 'build'),
  },
  {
    name: 'Format of all JavaScript: npm run format mends it',
    run: (shell) => shell.run('npm', 'run', '--silent', 'format:check'),
  },
  {
    name: 'Commands: what is wrong with how they are called',
    run: script('harness', 'test'),
  },
  {
    name: 'npm package: unit tests, and tests against the server',
    run: script('next', 'test'),
  },
  {
    name: 'npm package: the tests against the server, with and without a connection',
    full: true,
    run: script('next', 'test:mixed'),
  },
  {
    name: 'npm package: fleets over several servers, while everything fails',
    full: true,
    run: script('next', 'test:faults'),
  },
  {
    name: 'Dashboard: every screen in a browser, against a server and a fleet',
    run: script('dashboard', 'test'),
  },
  {
    name: 'Redis over HTTP: the official SDKs, and what they sent elsewhere',
    run: script('redis-sdks', 'test'),
  },
  {
    name: 'Conformance: two processes, driven as Next.js drives a handler',
    run: script('conformance', 'test'),
  },
  {
    name: 'Conformance: the same without a connection',
    full: true,
    run: script('conformance', 'test:http'),
  },
  {
    name: 'Pages: whole apps, with Larder and without',
    run: (shell, full) => script('conformance', full ? 'test:pages:full' : 'test:pages')(shell),
  },
  {
    name: 'Pages: whole apps without the server, on other lines of Next.js',
    full: true,
    run: async (shell) => {
      for (const line of ['16.0', '16.1', '16.2', '16.3', 'canary']) {
        await shell.run(
          'npm',
          '-w',
          'conformance',
          'run',
          'test:pages',
          '--',
          'outages',
          '--next',
          line,
        );
      }
    },
  },
  {
    name: 'Benchmark: tests, and a row with Larder alone',
    run: script('bench', 'test'),
  },
  {
    name: 'Example: tests of the origin',
    run: script('examples/shop', 'test'),
  },
  {
    name: 'End to end: two Next.js instances, one cache',
    run: script('examples/shop', 'test:e2e'),
  },
  {
    name: 'End to end: the same guarantees on other versions of Next.js',
    full: true,
    run: script('examples/shop', 'test:versions'),
  },
  {
    name: 'End to end: whole instances over three servers, while everything fails',
    full: true,
    run: script('examples/shop', 'test:scale-out'),
  },
  {
    name: 'End to end: the questions of who is on call',
    full: true,
    run: async (shell) => {
      const e2e = ['npm', '-w', 'examples/shop', 'run', 'test:e2e', '--'];
      await shell.run(...e2e, '--show', SHOWN, 'questions');
      await shell.run('node', 'docs/guide-outputs.mjs', '--check', SHOWN);
    },
  },
  {
    name: 'End to end: a new instance is warm before it has readers',
    full: true,
    run: (shell) => shell.run('npm', '-w', 'examples/shop', 'run', 'test:e2e', '--', 'warm-up'),
  },
  {
    name: 'End to end: entries that survive a build',
    full: true,
    run: (shell) =>
      shell.run('npm', '-w', 'examples/shop', 'run', 'test:durable', '16.4', 'canary'),
  },
  {
    name: 'End to end: what runs on the edge, by both bundlers',
    full: true,
    run: async (shell) => {
      await script('examples/shop', 'test:builds')(shell);
      await shell.run('npm', '-w', 'examples/shop', 'run', 'test:e2e', '--', 'edge-others');
    },
  },
  {
    name: 'Engine: mutation of ledger, freshness and leases',
    full: true,
    run: mutation,
  },
];

/**
 * The tests of the shared store once more, on another Redis than that of the system.
 *
 * @param {import('./shell.mjs').Shell} shell
 * @param {string} store as `store-redis/stores.sh` calls it, which builds it and prints where it is
 */
async function onStore(shell, store) {
  const program = await shell.lastLine('store-redis/stores.sh', store);
  await shell.run(program, '--version');
  await shell
    .with({ LARDER_REDIS: program })
    .run(
      ...MAVEN,
      'verify',
      '-Dtests.excluded=none',
      '-Dtest=dev/larder/redis/client/**,dev/larder/redis/store/**',
      '-Dsurefire.failIfNoSpecifiedTests=false',
      '-Dit.test=ScaleOutIT',
      '-Dfailsafe.failIfNoSpecifiedTests=false',
    );
}

/**
 * Changes the engine's code and counts the changes that no test notices. The numbers are printed,
 * and nothing is demanded of them here: the build does that.
 *
 * @param {import('./shell.mjs').Shell} shell
 */
async function mutation(shell) {
  const options = ['-Pmutation', '-pl', 'core,testkit,core-tests', 'verify'];
  const log = await shell.logged('.larder/log/mutate-the-engine.log', ...MAVEN, ...options);
  const counted = log.split('\n').filter((line) => line.startsWith('>> '));
  console.log(counted.slice(-5).join('\n'));
  console.log('every change that survived is in core-tests/target/pit-reports/index.html');
}
