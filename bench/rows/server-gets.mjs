import { serverBench, serving } from '../measurement/java.mjs';

/** What a value is called, by its bytes. */
const SIZES = { 1024: '1 KB', 10240: '10 KB', 102400: '100 KB' };

/** How the variants of `ServerBench` are called in the report. */
const CONTENDERS = {
  larder: { name: 'Larder', about: 'server/jvm.options; WebSocket', kind: 'larder' },
  redis: { name: 'redis-server', about: 'nothing on disk; RESP', kind: 'peer' },
};

/** Why a lookup costs more than a GET. */
const WHY =
  'a lookup is not only a get: it carries tags, is judged against what was invalidated, and answers with tags, lifetimes and a checksum. With a KB half of the time is ' +
  'the system’s, and no single part of the rest stands out in a profile; from 10 KB on, bytes are most of the work.';

/**
 * What a value costs the server's processor. The work is done by `ServerBench` in Java, and only
 * noted here.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'server-gets',
  title: 'Reads per second of the server’s processor time',
  work:
    'Native clients on 4 connections read random values, 10 at a time: as many frames in one message of Larder’s protocol, as many GETs in ' +
    'one pipeline of Redis’. Values are in memory, and nothing makes them smaller. How many are read for each second of processor time the ' +
    'server’s process uses, by `/proc`.',
  subjects: ['larder'],
  measures: Object.entries(SIZES).map(([bytes, size]) => ({
    name: bytes,
    title: size,
    unit: '/s',
    better: 'more',
    targets: [{ subject: 'larder', against: 'peers', limit: 0.8, why: WHY }],
  })),

  /** @param {import('../measurement/bench.mjs').Bench} bench */
  async run(bench) {
    bench.say('read from both servers');
    for (const line of await serverBench('gets', bench.pace.rounds, { larder: serving })) {
      const [, bytes] = /^gets of (\d+) bytes$/.exec(line.measured);
      bench.results.enter(line.variant, { version: () => '', ...CONTENDERS[line.variant] });
      for (const sample of line.per_core_second) bench.results.sample(bytes, line.variant, sample);
    }
  },
};
