import { benchmark } from '../measurement/java.mjs';

/** How the variants of `EngineBench` are called in the report. */
const CONTENDERS = {
  engine: { name: 'redis-engine', about: 'in process, with a journal', kind: 'larder' },
  redis: { name: 'redis-server', about: 'behind its socket, pipelines of 50', kind: 'peer' },
};

const WHY =
  'the engine writes what a SET changed to a journal before it answers, value and all; this Redis keeps nothing on disk.';

/**
 * What a command costs the processor, in the engine and in a Redis. The work is done by `EngineBench`
 * in Java, and only noted here.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'redis-engine',
  title: 'Commands per second of processor time',
  work:
    'One caller runs commands on 10,000 keys with values of 1 KB, 50 at a time: in process on the engine, by a socket on a `redis-server` that keeps nothing on disk. How many for each second of processor time of the ' +
    'caller’s thread, or of the server’s process. *Limiter*: a script as that of a sliding window (two reads, a write, an expiry).',
  subjects: ['larder'],
  measures: [
    ['get', 'GET', 1],
    ['set', 'SET', 1],
    ['limiter', 'limiter', 0.6],
  ].map(([name, title, limit]) => ({
    name,
    title,
    unit: '/s',
    better: 'more',
    targets: [{ subject: 'engine', against: 'peers', limit, why: WHY }],
  })),

  /** @param {import('../measurement/bench.mjs').Bench} bench */
  async run(bench) {
    bench.say('run commands on the engine and on a redis-server');
    const { rounds, window } = bench.pace;
    for (const line of await benchmark('EngineBench', [String(rounds), String(window * 2)])) {
      bench.results.enter(line.variant, { version: () => '', ...CONTENDERS[line.variant] });
      for (const sample of line.per_core_second) {
        bench.results.sample(line.measured, line.variant, sample);
      }
    }
  },
};
