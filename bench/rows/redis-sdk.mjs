import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Larder } from '@larder/harness/larder';
import { freePort } from '@larder/harness/ports';
import { Redis } from '@larder/harness/redis';
import { temporaryDirectory } from '@larder/harness/temporary';
import { java } from '../measurement/java.mjs';

const program = fileURLToPath(new URL('../../redis-sdks/load.mjs', import.meta.url));

/** What is asked, with its heading, and how many times of the bare handler's time it may take. */
const WORK = {
  get: { title: 'GET of 1 KB', limit: 1.3 },
  pipeline: { title: '50 GETs in a pipeline', limit: 1.5 },
  limit: { title: 'sliding window', limit: 1.5 },
};

/** Why a target may not be reached. */
const WHY =
  'the bare handler reads no JSON, knows no token and has no database: it answers a constant on one event loop. Larder reads the commands, runs them, and writes 1 KB in base64 for each; what changes something goes to the thread of the database and back, and each hand-over waits for a processor where client, server and whatever else runs share two of them.';

/** Who answers, each set up in a directory: where, and how it ends. */
const CONTENDERS = {
  larder: {
    name: 'Larder',
    about: 'the embedded engine',
    kind: 'larder',
    async start(directory) {
      const server = new Larder(await freePort(), `${directory}/data`);
      await server.start();
      return { url: () => `${server.url}/redis/bench`, stop: () => server.stop() };
    },
  },
  'larder-redis': {
    name: 'Larder over Redis',
    about: 'a local `redis-server`',
    kind: 'larder',
    async start(directory) {
      const redis = await Redis.alone(directory, { appendonly: 'no', save: '' });
      const server = new Larder(await freePort(), undefined, ['--store', redis.url]);
      await server.start();
      return {
        url: () => `${server.url}/redis/bench`,
        async stop() {
          await server.stop();
          await redis.stop();
        },
      };
    },
  },
  bare: {
    name: 'a bare handler',
    about: 'Vert.x, which answers a constant',
    kind: 'peer',
    async start() {
      const classPath = readFileSync(new URL('../target/class-path', import.meta.url), 'utf8');
      const classes = fileURLToPath(new URL('../target/classes', import.meta.url));
      const child = spawn(
        java,
        [
          '--enable-native-access=ALL-UNNAMED',
          '-cp',
          `${classes}:${classPath}`,
          'dev.larder.bench.ConstantServer',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [port] = await once(createInterface({ input: child.stdout }), 'line');
      return {
        url: (work) => `http://127.0.0.1:${port}/${work}`,
        async stop() {
          child.kill();
          await once(child, 'exit');
        },
      };
    },
  },
};

/**
 * The SDKs of Upstash against Larder, and against what answers without looking.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'redis-sdk',
  title: 'Redis over HTTP, with the SDKs',
  work:
    '`@upstash/redis` and `@upstash/ratelimit` ask in Node.js processes, one request after the other in each: the median of a request of one process, and requests per second of four. ' +
    'Targets compare with a handler of Vert.x that answers a constant. All of it shares the two cores.',
  subjects: ['larder'],
  measures: Object.entries(WORK).flatMap(([work, { title, limit }]) => [
    {
      name: `${work}-p50`,
      title: `${title}, one process`,
      unit: 'ms',
      better: 'less',
      targets: [
        { subject: 'larder', against: 'peers', limit, why: WHY },
        { subject: 'larder', against: 'larder-redis', limit: 1 },
      ],
    },
    { name: `${work}-one`, title: `${title}, one process`, unit: '/s', better: 'more' },
    { name: `${work}-four`, title: `${title}, four processes`, unit: '/s', better: 'more' },
  ]),

  /** @param {import('../measurement/bench.mjs').Bench} bench */
  async run(bench) {
    const running = {};
    const clients = Array.from({ length: 4 }, () => fork(program));
    try {
      for (const [id, contender] of Object.entries(CONTENDERS)) {
        bench.say(`start ${contender.name}`);
        bench.results.enter(id, { ...contender, version: () => '' });
        running[id] = await contender.start(`${temporaryDirectory()}`);
      }
      for (const work of Object.keys(WORK)) {
        for (let round = 0; round < bench.pace.rounds; round++) {
          for (const [id, { url }] of Object.entries(running)) {
            bench.say(`${work}: round ${round + 1} of ${bench.pace.rounds}, ${id}`);
            const asked = (warmUp) => ({
              url: url(work),
              token: 'any',
              work,
              keeps: id !== 'bare',
              warmUp,
            });
            const { warmUp, window, runIn } = bench.pace;
            const lead = round === 0 ? warmUp.ms : runIn;
            const [one] = await together(clients.slice(0, 1), { ...asked(lead), window });
            bench.results.sample(`${work}-p50`, id, one.p50);
            bench.results.sample(`${work}-one`, id, one.perSecond);
            const four = await together(clients, { ...asked(runIn), window });
            const total = four.reduce((sum, { perSecond }) => sum + perSecond, 0);
            bench.results.sample(`${work}-four`, id, total);
          }
        }
      }
    } finally {
      for (const client of clients) client.kill();
      await Promise.all(Object.values(running).map(({ stop }) => stop()));
    }
  },
};

/** Lets processes do something at the same time; what each of them measured. */
async function together(clients, what) {
  return Promise.all(
    clients.map(async (client) => {
      client.send(what);
      const [measured] = await once(client, 'message');
      if (measured.error) throw new Error(measured.error);
      return measured;
    }),
  );
}
