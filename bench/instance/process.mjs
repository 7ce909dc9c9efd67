// An instance under measurement: the process in which a handler lives. It gets its tasks over IPC.
import { handler, serve } from '../../conformance/fleet/inside.mjs';
import { percentile } from '../measurement/statistics.mjs';
import { connect, over } from './connections.mjs';
import { nameOf, tagsOf } from './population.mjs';
import { profiled } from './profile.mjs';
import { Requests } from './requests.mjs';
import { residents } from './resident.mjs';
import { generatedAt, moment, valueOf } from './values.mjs';
import { Watch } from './watch.mjs';

/** Where a handler acknowledges what it stored, if not by ending `set`. */
const { BENCH_ACKNOWLEDGEMENTS: acknowledging } = process.env;

/** The handler, as Next.js would drive it. */
const requests = new Requests(await handler());
globalThis.residents = residents();
/** What else is known of it: when a value is stored, and how it records, if either can be said. */
const { stored, record } = acknowledging ? await import(acknowledging) : {};

/** Milliseconds after which a number of reads is not waited for any more. */
const LONGEST = 20_000;

/** The reads that are being noted, if any are. */
let watch;

/** Entries that are passed over between two that are read, where they are read scattered; a prime. */
const STRIDE = 7919;

serve({
  read,
  write,
  readOne,
  invalidate,
  watch: begin,
  watched: end,
  usage,
  connect: open,
  record: async (how) => record(how),
});

/**
 * Reads entries of a population as fast as it goes, each request waiting for its answer.
 *
 * @param {{ population: import('./population.mjs').Population, ms: number, least?: number,
 *   inFlight?: number, perRequest?: number, scattered?: boolean, connections?: number }} how for
 *   `ms` milliseconds and until there were `least` reads, unless that takes too long; `inFlight`
 *   requests at a time, each with `perRequest` reads; `scattered` over the population rather than
 *   one entry after the other, over so many of the `connections` opened before
 * @returns {Promise<{ reads: number, missed: number, wrong: number, requests: number, perSecond:
 *   number, cpu: number, system: number, p50: number, p99: number }>} reads a second, microseconds
 *   of processor time for one (`system` of them in the kernel), and milliseconds of a request
 */
async function read({ population, ms, inFlight = 1, perRequest = 1, ...how }) {
  const { least = 0, scattered = false, connections = 0 } = how;
  const ways = connections > 0 ? over(connections) : [requests];
  const step = scattered ? STRIDE : 1;
  const took = [];
  const seen = { reads: 0, missed: 0, wrong: 0 };
  let next = 0;
  const usage = process.cpuUsage();
  const began = performance.now();
  const goesOn = () => {
    const elapsed = performance.now() - began;
    return elapsed < ms || (seen.reads < least && elapsed < LONGEST);
  };
  const worker = async () => {
    while (goesOn()) {
      const names = Array.from({ length: perRequest }, () =>
        nameOf(population, (next++ * step) % population.count),
      );
      const way = ways[next % ways.length];
      const request = way.begin();
      const asked = performance.now();
      const found = await way.read(request, names);
      took.push(performance.now() - asked);
      judge(found, names, population, seen);
    }
  };
  const workers = () => Promise.all(Array.from({ length: inFlight }, worker));
  await profiled(`read-${population.name}-${inFlight}-${perRequest}`, workers);
  const elapsed = performance.now() - began;
  const { user, system } = process.cpuUsage(usage);
  took.sort((one, other) => one - other);
  return {
    ...seen,
    requests: took.length,
    perSecond: (seen.reads / elapsed) * 1000,
    cpu: (user + system) / seen.reads,
    system: system / seen.reads,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
  };
}

/** Counts what was found: as it was stored, as nothing, or as something else. */
function judge(found, names, { size }, seen) {
  for (const [i, chunks] of found.entries()) {
    seen.reads++;
    if (!chunks) seen.missed++;
    else if (generatedAt(chunks, names[i], size) === undefined) seen.wrong++;
  }
}

/**
 * Reads one entry in a request of its own.
 *
 * @returns {Promise<{ state: 'hit' | 'miss' | 'wrong', ms: number, born?: number }>} `born` is when
 *   it was generated, as `moment` counts
 */
async function readOne({ population, index = 0 }) {
  const name = nameOf(population, index);
  const request = requests.begin();
  const began = performance.now();
  const [chunks] = await requests.read(request, [name]);
  const ms = performance.now() - began;
  if (!chunks) return { state: 'miss', ms };
  const born = generatedAt(chunks, name, population.size);
  return { state: born === undefined ? 'wrong' : 'hit', born, ms };
}

/**
 * Generates entries of a population and waits until they are acknowledged.
 *
 * @param {{ from?: number, inFlight?: number }} how beginning with number `from`
 * @returns {Promise<{ ms: number, cpu: number }>} for all of them, and microseconds of processor
 *   time for one
 */
async function write({ population, from = 0, inFlight = 32 }) {
  let next = from;
  const end = from + population.count;
  const usage = process.cpuUsage();
  const began = performance.now();
  const worker = async () => {
    while (next < end) {
      const index = next++;
      const name = nameOf(population, index);
      const acknowledged = stored?.();
      await requests.write(
        name,
        valueOf(name, population.size, moment()),
        tagsOf(population, index),
      );
      await acknowledged;
    }
  };
  const workers = () => Promise.all(Array.from({ length: inFlight }, worker));
  await profiled(`write-${population.name}-${inFlight}`, workers);
  const { user, system } = process.cpuUsage(usage);
  return { ms: performance.now() - began, cpu: (user + system) / population.count };
}

/**
 * Invalidates tags; when that began and when it was acknowledged.
 *
 * @returns {Promise<{ began: number, ended: number }>} microseconds, as `moment` counts on all
 *   processes of this machine
 */
async function invalidate({ tags }) {
  const began = moment();
  await requests.invalidate(tags);
  return { began, ended: moment() };
}

/** Begins to read and regenerate a population until `watched`. */
function begin({ population, inFlight }) {
  watch = new Watch(requests, population, inFlight);
}

/** What was read since `watch`. */
function end() {
  return watch.end();
}

/** Opens connections for `read`. */
async function open(asked) {
  await connect(asked);
}

/** What this process has used since it started: microseconds of processor time, and bytes. */
function usage() {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, bytes: process.memoryUsage().rss };
}
