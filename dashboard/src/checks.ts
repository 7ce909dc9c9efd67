import { bytes, count, of, percent, span } from './format';
import type { NamespaceState, Overview } from './types';

/** One thing that is right or is not, with its number and its limit in words. */
export interface Check {
  ok: boolean;
  name: string;
  words: string;
}

/** From which share of a bound somebody should look. */
const NEARLY = 0.8;

/** From which share of its limit on entries on disk are about to go. */
const FULL = 0.9;

/** Within which every instance has reported anew, in ms: it does so every ten seconds. */
const REPORTED = 15_000;

/**
 * What the page looks at before it says that all is well.
 *
 * @param still for how long the revision has been the same, in ms: while things are invalidated,
 *   the last report of everybody is from before
 */
export function checks(
  { server }: Overview,
  state: NamespaceState | undefined,
  still: number,
): Check[] {
  const heap = server.heap.used / server.heap.limit;
  const about: Check[] = [
    {
      ok: server.store.ready,
      name: 'Store',
      words: server.store.ready
        ? `${server.store.kind}, does what it is asked`
        : `${server.store.kind}, cannot do what it is asked`,
    },
    {
      ok: heap < 0.95,
      name: 'Heap',
      words: `${bytes(server.heap.used)} of ${bytes(server.heap.limit)} (${percent(heap)})`,
    },
  ];
  const { bytes: kept, limit } = server.store;
  if (kept !== undefined && limit !== undefined) {
    about.push({
      ok: true,
      name: 'Disk',
      words: `${bytes(kept)} of ${bytes(limit)}${kept > FULL * limit ? ': full, those used least go' : ''}`,
    });
  }
  if (!state) return about;
  const ledger = state.ledger.tags / state.ledger.limit;
  return [
    ...about,
    {
      ok: ledger < NEARLY,
      name: 'Ledger',
      words: `remembers ${count(state.ledger.tags)} of at most ${of(state.ledger.limit, 'tag')}`,
    },
    {
      ok: state.instances.behind === 0 || still < REPORTED,
      name: 'Instances',
      words: behind(state, still),
    },
    {
      ok: state.waiting === 0,
      name: 'Waiting',
      words:
        state.waiting === 0
          ? 'nobody waits for a generation'
          : `${of(state.waiting, 'lookup')} wait for a generation`,
    },
    {
      ok: state.dropped === 0 && state.damaged === 0,
      name: 'Entries',
      words: `${count(state.dropped)} dropped by the store, ${count(state.damaged)} damaged`,
    },
  ];
}

function behind({ instances }: NamespaceState, still: number): string {
  const all = of(instances.total, 'instance');
  if (instances.behind === 0) return `${all}, none behind as of its last report`;
  return still < REPORTED
    ? `${instances.behind} of ${all} not heard of since the last change`
    : `${instances.behind} of ${all} behind, though nothing has changed for ${span(still)}`;
}

/** All of them, in a sentence. */
export function verdict(all: readonly Check[]): string {
  const wrong = all.filter((check) => !check.ok);
  if (wrong.length === 0) return `Healthy: all ${all.length} checks are good.`;
  return `Look at ${wrong.map((check) => check.name.toLowerCase()).join(', ')}: ${wrong.map((check) => check.words).join('; ')}.`;
}
