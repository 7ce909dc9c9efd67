import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Fleet } from './fleet.mjs';
import { createPageServer } from './page-server.mjs';
import { busyPorts } from './ports.mjs';

const shop = fileURLToPath(new URL('..', import.meta.url));
const host = '127.0.0.1';
const usage = `usage: node demo.mjs --jar FILE [--java FILE] [--data DIR] [--port-base N] [--verbose]

  --jar FILE      the Larder server, a jar
  --java FILE     the java to run it with (default: java)
  --data DIR      where the cache and the shop's database are kept (default: examples/shop/data)
  --port-base N   the first of the five ports that are used (default: 7400)
  --verbose       print what the processes print`;

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        jar: { type: 'string' },
        java: { type: 'string', default: 'java' },
        data: { type: 'string', default: join(shop, 'data') },
        'port-base': { type: 'string', default: '7400' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    fail(`${error.message}\n\n${usage}`, 2);
  }
}

function fail(message, status = 1) {
  console.error(`demo: ${message}`);
  process.exit(status);
}

const flags = readFlags();
if (flags.help) {
  console.log(usage);
  process.exit(0);
}
if (!flags.jar) fail(`--jar is missing\n\n${usage}`, 2);
const base = Number(flags['port-base']);
if (!Number.isInteger(base) || base < 1 || base > 65_531) {
  fail(`--port-base must be a whole number from 1 to 65531, not "${flags['port-base']}"`, 2);
}
const jar = resolve(flags.jar);
const data = resolve(flags.data);
const next = join(shop, 'node_modules/next/dist/bin/next');
if (!existsSync(jar)) fail(`there is no Larder server at ${jar}; build it first`);
if (!existsSync(next)) fail(`the shop's dependencies are missing; run "npm ci" in ${shop}`);
if (!existsSync(join(shop, '.next/BUILD_ID')))
  fail(`the shop is not built; run "npm run build" in ${shop}`);

const ports = {
  larder: base,
  origin: base + 1,
  'shop A': base + 2,
  'shop B': base + 3,
  'the page': base + 4,
};
const busy = await busyPorts(ports);
if (busy.length > 0) {
  fail(
    `${busy.join('\ndemo: ')}\ndemo: choose another five ports with --port-base N (uses N to N+4)`,
  );
}

const addresses = {
  larder: `http://${host}:${ports.larder}`,
  origin: `http://${host}:${ports.origin}`,
  shopA: `http://${host}:${ports['shop A']}`,
  shopB: `http://${host}:${ports['shop B']}`,
  page: `http://${host}:${ports['the page']}`,
};
mkdirSync(data, { recursive: true });

const fleet = new Fleet({ onDeath, verbose: flags.verbose });
const page = createPageServer(addresses);
let ending = false;
process.on('exit', () => fleet.kill());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => end(0, '\nStopping.'));

/** Says which process died and why, with the last lines it printed, and ends the demo. */
function onDeath(name, reason, lines) {
  const output = lines.map((line) => `  | ${line}`).join('\n');
  end(1, `\ndemo: ${name} ${reason}${output ? `\n${output}` : ''}\ndemo: stopping the others`);
}

/** Stops everything, once. */
async function end(status, message) {
  if (ending) return;
  ending = true;
  (status === 0 ? console.log : console.error)(message);
  page.close();
  page.closeAllConnections();
  await fleet.stop();
  process.exit(status);
}

/** How one instance of the shop is started. */
function instance(name, port, address) {
  return {
    command: process.execPath,
    args: [next, 'start', '-H', host, '-p', String(port)],
    cwd: shop,
    env: {
      INSTANCE: name,
      ORIGIN_URL: addresses.origin,
      LARDER_URL: addresses.larder,
      LARDER_NAMESPACE: 'shop-demo',
      UPSTASH_REDIS_REST_URL: `${addresses.larder}/redis/shop-demo`,
      UPSTASH_REDIS_REST_TOKEN: 'any, since this Larder has none',
      NEXT_TELEMETRY_DISABLED: '1',
    },
    ready: `${address}/api/health`,
  };
}

/** Has each instance render and connect once, so that nobody watches the first of everything. */
async function warmUp() {
  for (const shopAddress of [addresses.shopA, addresses.shopB]) {
    const answer = await fetch(shopAddress, { signal: AbortSignal.timeout(30_000) });
    await answer.arrayBuffer();
  }
  const reset = await fetch(`${addresses.origin}/stats/reset`, { method: 'POST' });
  await reset.arrayBuffer();
}

console.log('Starting Larder and the origin.');
await Promise.all([
  fleet.start('larder', {
    command: flags.java,
    args: [
      '-jar',
      jar,
      'serve',
      '--port',
      String(ports.larder),
      '--host',
      host,
      '--data',
      join(data, 'larder'),
    ],
    ready: `${addresses.larder}/readyz`,
  }),
  fleet.start('origin', {
    command: process.execPath,
    args: [
      join(shop, 'origin/main.mjs'),
      '--port',
      String(ports.origin),
      '--db',
      join(data, 'shop.sqlite'),
    ],
    ready: `${addresses.origin}/health`,
  }),
]);

if (!ending) {
  console.log('Starting two instances of the shop.');
  await Promise.all([
    fleet.start('shop A', instance('A', ports['shop A'], addresses.shopA)),
    fleet.start('shop B', instance('B', ports['shop B'], addresses.shopB)),
  ]);
}

if (!ending) {
  console.log('Warming up both instances.');
  await warmUp().catch((error) => end(1, `\ndemo: the warm-up failed: ${error.message}`));
}

if (!ending) {
  page.on('error', (error) => end(1, `\ndemo: the page cannot be served: ${error.message}`));
  page.listen(ports['the page'], host, () => {
    console.log(`
  side by side   ${addresses.page}     <- open this

  shop A         ${addresses.shopA}
  shop B         ${addresses.shopB}
  origin         ${addresses.origin}/stats
  Larder         ${addresses.larder}

Ctrl-C stops everything.`);
  });
}
