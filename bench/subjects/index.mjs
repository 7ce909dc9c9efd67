import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@larder/harness/ports';
import { larder as conforming } from '../../conformance/subjects/larder.mjs';
import * as peers from '../../conformance/subjects/peers.mjs';
import { Redis } from '../../conformance/stores/redis.mjs';
import { raw } from './raw.mjs';

/*
 * The handlers of the conformance suite, as somebody would run them for speed: with the time limits
 * they have by default, and a Redis that keeps nothing on disk, which is the fastest there is.
 */

/**
 * A handler that is measured.
 *
 * @typedef {object} Subject
 * @property {string} name what it is called in the report
 * @property {string} about how it is set up, in a sentence
 * @property {'larder' | 'peer' | 'limit'} kind what targets compare it as: limits are no rivals, since
 *   they share nothing or know no tags
 * @property {Record<string, string>} [nearless] environment in which it keeps nothing in the process,
 *   if it otherwise does
 * @property {false} [invalidates] where it cannot
 * @property {() => string} version
 * @property {(directory: string) =>
 *   Promise<import('../../conformance/subjects/subject.mjs').Deployment>} deploy
 */

/** Settings of Redis: everything stays in memory, and turbo gets what it demands. */
const REDIS = { appendonly: 'no', save: '' };

/** The path of a module that instances load. */
export const instance = (file) => fileURLToPath(new URL(`../instance/${file}`, import.meta.url));

/** What makes an instance of Larder an ordinary one, and what the benchmark asks it beside that. */
const LARDER = {
  LARDER_TIMEOUT: undefined,
  BENCH_ACKNOWLEDGEMENTS: instance('larder-acknowledgements.mjs'),
  BENCH_ANOTHER: instance('larder-another.mjs'),
};

/** @type {Record<string, Subject>} */
export const subjects = {
  larder: larder('Larder', 'strict, which is the default; embedded store'),
  'larder-push': larder('Larder, push', '`LARDER_CONSISTENCY=push`; embedded store', {
    LARDER_CONSISTENCY: 'push',
  }),
  'larder-due': larder(
    'Larder, nothing early',
    'strict; `--early-refresh 0`, `LARDER_EARLY_REFRESH=0`',
    { LARDER_EARLY_REFRESH: '0' },
    ['--early-refresh', '0'],
  ),
  'larder-deploy': larder(
    'Larder, durable and warm',
    'strict; `withLarder(config, { durable: true })`, and `warmUp()` with a readiness probe',
  ),
  'larder-redis': overRedis(),
  'larder-tls': overTls(),
  'larder-http': larder('Larder over HTTP', 'strict, no connection; embedded store', {
    LARDER_TRANSPORT: 'http',
  }),
  official: peer(peers.official),
  leejpsd: peer(peers.leejpsd),
  turbo: {
    ...peer(peers.turbo, { REDIS_COMMAND_TIMEOUT_MS: undefined }, 'Redis with keyspace events on'),
    nearless: { TURBO_NEARLESS: '1' },
  },
  nimpl: { ...peer(peers.nimpl), nearless: { LRU_MAX_SIZE: '1' } },
  'nimpl-lru': {
    ...peer(
      peers.nimpl,
      { LRU_TTL: undefined },
      'As it comes: what it has read it keeps for the life of the entry',
    ),
    name: '@nimpl/cache-redis, no LRU_TTL',
  },
  mrjasonroy: peer(peers.mrjasonroy),
  platformatic: peer(peers.platformatic),
  'built-in': { ...peer(peers.builtIn), kind: 'limit' },
  raw,
};

/** The peers that can do everything most rows ask for, each once and as somebody would run it. */
export const PEERS = ['official', 'leejpsd', 'turbo', 'nimpl', 'mrjasonroy', 'platformatic'];

/** The environment in which a subject keeps nothing in the process, for `Bench.with`. */
export const nearless = (_id, subject) => subject.nearless;

/**
 * Larder over its embedded store, with this in the environment of its instances.
 *
 * @param {string} name
 * @param {string} about
 * @param {Record<string, string>} environment
 * @param {string[]} serve what its server is told
 * @returns {Subject}
 */
function larder(name, about, environment = {}, serve = []) {
  return {
    name,
    about,
    kind: 'larder',
    nearless: { LARDER_NEAR_CACHE: '0' },
    version: conforming.version,
    deploy: (directory) =>
      deployed(conforming, directory, { ...LARDER, ...environment }, { serve }),
  };
}

/**
 * Larder whose server keeps its entries in a Redis.
 *
 * @returns {Subject} `below` of its deployment is the Redis, which is what hangs in the row `stall`
 */
function overRedis() {
  return {
    ...larder('Larder over Redis', 'strict; `--store redis://`'),
    async deploy(directory) {
      const redis = new Redis(await freePort(), `${directory}/redis`, REDIS);
      await redis.start();
      const deployment = await deployed(conforming, directory, LARDER, {
        serve: ['--store', redis.url],
      });
      return {
        ...deployment,
        below: redis,
        async stop() {
          await deployment.stop();
          await redis.stop();
        },
      };
    },
  };
}

/**
 * Larder whose server speaks HTTPS, with a certificate of its own.
 *
 * @returns {Subject}
 */
function overTls() {
  return {
    ...larder('Larder over TLS', 'strict; `--tls-cert`; embedded store'),
    async deploy(directory) {
      const [certificate, key] = [`${directory}/certificate.pem`, `${directory}/key.pem`];
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const names = ['-subj', '/CN=larder', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const files = ['-keyout', key, '-out', certificate, '-days', '2'];
      execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...names], { stdio: 'pipe' });
      return deployed(
        conforming,
        directory,
        { ...LARDER, LARDER_CA: certificate },
        {
          serve: ['--tls-cert', certificate, '--tls-key', key],
          authority: readFileSync(certificate, 'utf8'),
        },
      );
    },
  };
}

/**
 * A handler of others, as the conformance suite sets it up, but with a Redis that is as fast as it
 * can be.
 *
 * @param {import('../../conformance/subjects/subject.mjs').Subject} subject
 * @param {Record<string, string | undefined>} environment in place of what the suite sets;
 *   undefined is not set
 * @param {string} about
 * @returns {Subject}
 */
function peer(subject, environment = {}, about = subject.about ?? '') {
  return {
    name: subject.name,
    about,
    kind: 'peer',
    version: subject.version,
    deploy: (directory) => deployed(subject, directory, environment, { redis: REDIS }),
  };
}

/** A deployment, with more in the environment of its instances. */
async function deployed(subject, directory, environment, how) {
  const deployment = await subject.deploy(directory, how);
  return { ...deployment, environment: { ...deployment.environment, ...environment } };
}
