import { serverBench, serving, servingPlainly } from '../measurement/java.mjs';

/** The ways to start it: as `./larder serve` does, and without what makes that fast. */
const VARIANTS = {
  larder: {
    command: serving,
    name: './larder serve',
    about: 'with the start-up cache and server/jvm.options',
  },
  plain: { command: servingPlainly, name: 'java -jar larder.jar serve', about: 'without them' },
};

/** Why targets may not be reached. */
const START =
  'this is a time and no ratio: it is that of the machine as well, which the second line tells, a JVM that was told nothing.';
const DISK =
  'an entry also says what people call it, its kind, its build and how long it took, so that a page that is stale can be explained.';

/**
 * Starting over what was stored. The work is done by `ServerBench` in Java, and only noted here.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'server-start',
  title: 'Starting the server over 100,000 entries',
  work:
    'A server is filled with 100,000 entries of 2 KB that nothing makes smaller, with 3 tags each; then it is started over them again and ' +
    'again, and killed. From the start of the process until it listens, and until it has answered a client that greets the namespace of the ' +
    'entries; its resident memory 15 s after the last start, and once more 15 s after somebody has begun to look at it then (`/metrics`, `/v1/overview`, the stream of events, which stays open); what its database then takes on disk for an entry beside its value.',
  subjects: ['larder'],
  measures: [
    {
      name: 'listening',
      title: 'until it listens',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder', limit: 600, why: START }],
    },
    { name: 'answer', title: 'until its first answer', unit: 'ms', better: 'less' },
    { name: 'cpu', title: 'processor time until then', unit: 'ms', better: 'less' },
    {
      name: 'idle',
      title: 'idle memory',
      unit: 'MB',
      better: 'less',
      targets: [{ subject: 'larder', limit: 150 }],
    },
    {
      name: 'watched',
      title: 'idle memory while somebody looks at it',
      unit: 'MB',
      better: 'less',
      targets: [{ subject: 'larder', limit: 150 }],
    },
    {
      name: 'disk',
      title: 'on disk for an entry beside its value',
      unit: 'B',
      better: 'less',
      targets: [{ subject: 'larder', limit: 200, why: DISK }],
    },
  ],

  /** @param {import('../measurement/bench.mjs').Bench} bench */
  async run(bench) {
    bench.say('fill a server, and start it again and again');
    const commands = Object.entries(VARIANTS).map(([id, { command }]) => [id, command]);
    const lines = await serverBench('start', bench.pace.rounds, Object.fromEntries(commands));
    for (const line of lines) {
      const id = line.variant;
      const { name, about } = VARIANTS[id];
      bench.results.enter(id, { name, about, kind: 'larder', version: () => '' });
      const note = (measure, samples) =>
        samples.forEach((sample) => bench.results.sample(measure, id, sample));
      note('listening', line.listening_ms);
      note('answer', line.first_answer_ms);
      note('cpu', line.cpu_ms);
      note('idle', line.idle_mb);
      note('watched', line.watched_mb);
      note('disk', line.disk_bytes_beside_value);
    }
  },
};
