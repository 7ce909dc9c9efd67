import { bursts } from '../fleet/bursts.mjs';
import { SIZE, fleets } from '../fleet/fleet.mjs';
import { PEERS } from '../subjects/index.mjs';

/** Milliseconds that a generation takes. */
const TAKES = 300;

/** Requests to each instance at once. */
const EACH = 50;

/**
 * Everybody at once for the same thing, in real instances of Next.js.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'burst',
  title: 'Everybody at once',
  work:
    `${SIZE} instances of Next.js are asked at once, each with ${EACH} requests, for one item whose generation takes ${TAKES} ms: one that ` +
    'nobody has generated (cold), one whose time to be generated again has come (due), and one that was just edited and invalidated. ' +
    'How often the origin was asked: the most of all bursts of a kind.',
  subjects: ['larder', 'larder-push', 'larder-http', 'larder-redis', ...PEERS, 'built-in'],
  measures: [
    generations('cold', 'cold'),
    generations('due', 'due'),
    generations('edited', 'edited'),
    { name: 'slowest', title: 'slowest answer, due', unit: 'ms', better: 'less' },
  ],

  /**
   * Has each fleet on its own go through all kinds of bursts, several times.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const times = bench.quick ? 2 : 7;
    await fleets(bench, { takes: TAKES }, async (fleet) => {
      const came = await bursts(fleet, { times, each: EACH });
      for (const [kind, { most }] of Object.entries(came)) {
        bench.results.sample(kind, fleet.id, most);
      }
      bench.results.sample('slowest', fleet.id, came.due.slowest);
      const { answers: tried, stale } = came.edited;
      bench.results.coherence(fleet.id, { tried, stale, longest: came.edited.slowest });
    });
    bench.results.note(
      `${times} bursts of each kind. Next.js lets the requests of one process share a generation, whatever the handler: without more, each of ` +
        `the ${SIZE} instances generates once.`,
    );
  },
};

/**
 * The column for one kind of burst, with what Larder is to reach: one generation.
 *
 * @param {string} name as `bursts` calls the kind
 * @param {string} title
 * @returns {import('../measurement/row.mjs').Measure}
 */
function generations(name, title) {
  return {
    name,
    title: `generations, ${title}`,
    unit: '',
    better: 'less',
    targets: [{ subject: 'larder', limit: 1 }],
  };
}
