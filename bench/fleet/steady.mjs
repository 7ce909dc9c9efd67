import { setTimeout as pause } from 'node:timers/promises';
import { idealGenerations } from './ideal.mjs';
import { zipf } from './zipf.mjs';

/** Seeds of what is read, and of what is edited: the same for everybody. */
const READS = 7400;
const EDITS = 1901;

/** Seconds for which an item is fresh. */
export const FRESH = 60;

/** Reads of each instance before anything is counted. */
const WARM_UP = 200;

/** Milliseconds for all of them. */
const WARM_UP_WITHIN = 60_000;

/** Edits between two words about how it goes. */
const PROGRESS_EVERY = 5;

/**
 * What came of a fleet under steady work.
 *
 * @typedef {object} Steady
 * @property {number} reads that were answered
 * @property {number} failures reads and edits that were not, with the `firstFailure`
 * @property {string} [firstFailure]
 * @property {number} readFailures those of them that were reads, with the `firstReadFailure`
 * @property {string} [firstReadFailure]
 * @property {number} generations that the origin was asked for
 * @property {number} ideal the generations that were needed
 * @property {number} stale reads that showed less than what had been acknowledged before they were asked
 * @property {number} known reads that showed less than what had been edited through the same instance
 *   before they were asked, acknowledged or not
 * @property {number} stalest for how long one of them did after the acknowledgement, in ms
 * @property {number[]} latencies of all reads in ms, sorted
 * @property {number} cpu milliseconds of the processor that the instances used, for each read
 */

/**
 * Reads items at a steady rate from all instances in turn, few of them often and many of them rarely,
 * and edits one of them each second.
 *
 * @param {import('./fleet.mjs').Fleet} fleet
 * @param {{ seconds: number, rate: number, items: number, seed?: number, of?: string, when?: string, earlier?: import('./ideal.mjs').Read[] }}
 *   work `rate` is the reads of a second; with another `seed` they come in another order; those of
 *   another name `of` are other items; `when` says of the progress what it is about; `earlier` are the
 *   reads that had the items generated before
 * @returns {Promise<Steady>}
 */
export async function steady(
  { instances, origin, progress },
  { seconds, rate, items, seed = 0, of = '', when = '', earlier = [] },
) {
  const nextRead = zipf(items, READS + seed);
  const nextEdit = zipf(items, EDITS + seed);
  const id = (number) => `${FRESH}-${of}${number}`;
  const reads = [];
  const edits = [];
  const running = new Set();
  const generated = origin.total;
  const cpu = instances.cpu;
  const began = performance.now();

  const read = async (number) => {
    const seen = { id: id(number), asked: performance.now() };
    reads.push(seen);
    const instance = instances.all[reads.length % instances.all.length];
    seen.instance = instance;
    try {
      const { id: got, version } = await instance.item(seen.id);
      if (got !== seen.id) throw new Error(`${got} was answered for ${seen.id}`);
      seen.version = version;
    } catch (error) {
      if (process.env.BENCH_TRACE) console.error(error, instance.transcript);
      seen.failure = error;
    }
    seen.ms = performance.now() - seen.asked;
  };
  const edit = (number) => {
    const instance = instances.all[(edits.length + 1) % instances.all.length];
    const { made, ended } = edited(origin, instance, id(number));
    edits.push(made);
    return ended;
  };
  const go = (task) => {
    running.add(task);
    task.finally(() => running.delete(task));
  };

  let [asked, edited] = [0, 0];
  for (;;) {
    const passed = (performance.now() - began) / 1000;
    if (passed >= seconds) break;
    for (; asked < passed * rate; asked++) go(read(nextRead()));
    for (; edited + 1 < passed; edited++) {
      go(edit(nextEdit()));
      if (edited % PROGRESS_EVERY === 0) progress(`${when}${Math.round(passed)} of ${seconds} s`);
    }
    await pause(1);
  }
  // Each of them ends by the timeout of the instances.
  if (running.size > 0) progress(`${when}${running.size} requests are not answered yet`);
  await Promise.all(running);

  const failed = [...reads, ...edits].filter(({ failure }) => failure);
  const answered = reads.filter(({ failure }) => !failure);
  return {
    reads: answered.length,
    failures: failed.length,
    readFailures: reads.length - answered.length,
    known: known(answered, edits),
    firstFailure: failed[0]?.failure.message,
    firstReadFailure: reads.find(({ failure }) => failure)?.failure.message,
    generations: origin.total - generated,
    ideal: needed([...earlier, ...reads], edits) - needed(earlier, []),
    ...staleness(answered, edits),
    latencies: answered.map(({ ms }) => ms).toSorted((a, b) => a - b),
    cpu: ((instances.cpu - cpu) * 1000) / answered.length,
  };
}

/**
 * Edits an item and invalidates it, as a page of an instance does.
 *
 * @param {import('./origin.mjs').Origin} origin
 * @param {import('./instances.mjs').Instances['all'][number]} instance that is asked to
 * @param {string} id of the item
 * @returns what is `made`, to which is added how it went, and when that has `ended`: it never rejects
 */
export function edited(origin, instance, id) {
  const made = { id, at: performance.now(), instance };
  origin.edit(id);
  made.version = origin.version(id);
  const ended = instance
    .edit(id)
    .then(
      () => (made.acknowledged = performance.now()),
      (error) => (made.failure = error),
    )
    .then(() => (made.ended = performance.now()));
  return { made, ended };
}

/**
 * Notes what a fleet came to, and whether it served what had been invalidated.
 *
 * @param {import('../measurement/bench.mjs').Bench} bench
 * @param {string} id of the subject
 * @param {Steady} came
 * @param {Record<string, number>} measured by the names of the measures of the row
 */
export function note({ results }, id, { reads, stale, stalest, firstFailure }, measured) {
  for (const [name, value] of Object.entries(measured)) results.sample(name, id, value);
  results.coherence(id, { tried: reads, stale, longest: stalest });
  if (firstFailure) results.note(`the first failure of ${id}: ${firstFailure}`);
}

/** How many generations a single cache would make that loses nothing. */
function needed(reads, edits) {
  return idealGenerations(reads, edits, FRESH * 1000);
}

/**
 * Lets instances become as fast as they get, with what is not counted; throws when that takes too long.
 *
 * @param {import('./fleet.mjs').Fleet} fleet
 */
export async function warmUp({ instances: { all }, progress }) {
  const began = performance.now();
  for (let i = 0; i < WARM_UP; i++) {
    const done = `${i} of ${WARM_UP} reads of each instance`;
    if (performance.now() - began > WARM_UP_WITHIN) {
      throw new Error(`not within ${WARM_UP_WITHIN} ms: the warm-up, of which there were ${done}`);
    }
    progress(`warm-up: ${done}`);
    await Promise.all(all.map((instance) => instance.item(`${FRESH}-warm-up-${i % 10}`)));
  }
}

/** How many reads were older than an edit that had ended in the same instance when they were asked. */
function known(reads, edits) {
  const before = ({ id, asked, version, instance }, edit) =>
    edit.id === id && edit.instance === instance && edit.ended < asked && edit.version > version;
  return reads.filter((read) => edits.some((edit) => before(read, edit))).length;
}

/** How many reads were older than what had been acknowledged when they were asked, and by how much. */
export function staleness(reads, edits) {
  const byItem = new Map();
  for (const edit of edits.filter(({ acknowledged }) => acknowledged)) {
    byItem.set(edit.id, [...(byItem.get(edit.id) ?? []), edit]);
  }
  let [stale, stalest] = [0, 0];
  for (const { id, asked, version } of reads) {
    const missed = byItem
      .get(id)
      ?.find((edit) => edit.acknowledged < asked && edit.version > version);
    if (!missed) continue;
    stale++;
    stalest = Math.max(stalest, asked - missed.acknowledged);
  }
  return { stale, stalest };
}
