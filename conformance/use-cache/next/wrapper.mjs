import { setTimeout as pause } from 'node:timers/promises';
import { Calls } from './calls.mjs';
import { now } from './clock.mjs';
import { Generation, ROOT_PARAM } from './generation.mjs';
import { Request } from './request.mjs';
import { corrupt } from './corrupt.mjs';

/*
 * What Next.js does around a cached function at request time, without React: the order of its calls
 * to a handler, what it does once per request, what it refuses, and when and how it regenerates.
 * Written after `use-cache-wrapper.js` of next@16.4.6. With `setsAtStart` it does as 16.0 to 16.2
 * did: no call waits for another request's, and `set` is given a promise when generation begins.
 */

/** Milliseconds into the render of a form post at which its invalidations are passed on again. */
const RENDERING = 10;

/** Next.js around one handler. */
export class Wrapper {
  #handler;
  #run;
  #setsAtStart;
  /** Leading invocations of all requests, by key. */
  #leading = new Map();
  #refreshing = new Map();
  #pending = new Set();

  /**
   * @param {object} handler
   * @param {(key: string) => Promise<import('./generation.mjs').Run>} run runs the cached function
   *   of a key
   * @param {{ setsAtStart: boolean }} version
   */
  constructor(handler, run, { setsAtStart }) {
    this.#handler = handler;
    this.#run = run;
    this.#setsAtStart = setsAtStart;
  }

  /**
   * Answers a request: its invalidations first, then its reads, all at once.
   *
   * @param {import('../../fleet/instance.mjs').Asked & { form?: boolean, settle?: boolean }} asked with
   *   `form` it is a form post without JavaScript, which passes its invalidations on once more while
   *   it renders; with `settle` the calls include those made after the answer
   * @returns {Promise<{ reads: import('../../fleet/instance.mjs').Seen[], calls:
   *   import('../../fleet/instance.mjs').Call[], ms: number }>} `about` is what the entry said beside
   *   its value; rejects when an invalidation or a generation fails
   */
  async answer({ invalidate, form = false, reads = [], settle = false, ...how }) {
    const calls = new Calls(this.#handler);
    const request = new Request(how);
    const began = performance.now();
    const answers = await request.run(async () => {
      if (invalidate) {
        request.note(invalidate.tags, invalidate.durations);
        await this.#updateTags(calls, invalidate);
      }
      const again = form
        ? () => pause(RENDERING).then(() => this.#updateTags(calls, invalidate))
        : undefined;
      return Promise.all(reads.map((call) => this.#invoke(request, calls, call, again)));
    });
    const ms = performance.now() - began;
    if (settle) await this.settled();
    return { reads: answers, calls: calls.settled, ms };
  }

  /** Waits for everything that goes on after the answers. */
  async settled() {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /**
   * Calls a method of the handler by itself; `{ value, calls }`. It never rejects: what failed is
   * among the calls.
   */
  async call(method, args) {
    const calls = new Calls(this.#handler);
    const value = await calls.make(method, ...args).catch(() => undefined);
    return { value, calls: calls.settled };
  }

  /**
   * As Next.js does: without durations there is no second argument.
   *
   * @param {Calls} calls where the call is noted
   * @returns {Promise<void>} rejects as the handler does
   */
  #updateTags(calls, { tags, durations }) {
    return durations ? calls.make('updateTags', tags, durations) : calls.make('updateTags', tags);
  }

  /**
   * Runs a cached function once in a request, however often it is called there.
   *
   * @param {Request} request that calls it
   * @param {Calls} calls where the calls of the handler are noted
   * @param {import('../../fleet/instance.mjs').Read} call
   * @param {(() => Promise<void>) | undefined} again passes the invalidations of the request on once
   *   more, while it generates
   * @returns {Promise<import('../../fleet/instance.mjs').Seen>}
   */
  #invoke(request, calls, call, again) {
    const joined = request.invocations.get(call.key);
    if (joined) return joined;
    const invoked = this.#lead(request, calls, call, again);
    request.invocations.set(call.key, invoked);
    return invoked;
  }

  /**
   * Runs it once in the process at a time: whoever comes meanwhile waits for its value, and until
   * that is written.
   *
   * @returns {Promise<import('../../fleet/instance.mjs').Seen>} `joined` for who waited
   */
  async #lead(request, calls, call, again) {
    const began = performance.now();
    const took = (answer) => ({ ...answer, ms: performance.now() - began });
    if (this.#setsAtStart) return took((await this.#read(request, calls, call, again)).answer);
    const leader = this.#leading.get(call.key);
    if (leader) {
      const { answer, written } = await leader;
      await written;
      return took({ ...answer, outcome: 'joined' });
    }
    const leading = this.#read(request, calls, call, again);
    this.#leading.set(call.key, leading);
    const end = () => this.#leading.delete(call.key);
    leading.then(({ written }) => written).then(end, end);
    return took((await leading).answer);
  }

  /**
   * Asks the handler, and decides what its answer is worth to this request: to be served, served
   * and regenerated, or generated anew.
   *
   * @returns {Promise<{ answer: Omit<import('../../fleet/instance.mjs').Seen, 'ms'>, written?:
   *   Promise<void> }>} `written` is done when the handler has what was generated for the answer
   */
  async #read(request, calls, call, again) {
    await request.refreshTags(calls);
    let { key } = call;
    const refreshing = this.#refreshing.get(key);
    let entry;
    if (!request.bypasses) {
      entry = await calls.make('get', key, request.softTags);
      const names = (entry?.tags ?? []).filter((tag) => tag.startsWith(ROOT_PARAM));
      if (names.length > 0 && call.rootParams) {
        key = specific(call);
        entry = await calls.make('get', key, request.softTags);
      }
    }
    if (entry) {
      const expiration = await request.expiration(calls);
      if (entry.timestamp <= expiration || request.invalidated(entry)) entry = undefined;
    }
    const moment = now();
    const older = (seconds) => moment > entry.timestamp + seconds * 1000;
    if (
      entry === undefined ||
      older(entry.expire) ||
      (request.feedsCache && older(entry.revalidate))
    ) {
      return this.#generate(request, calls, call, again);
    }
    const stale = older(entry.revalidate);
    const { value: stream, ...about } = entry;
    const value = call.unread ? undefined : await bytesOf(stream, call.corrupts);
    if (stale && !refreshing && !this.#refreshing.has(key))
      this.#refresh(request, calls, call, key);
    const answer = {
      outcome: stale ? 'stale' : 'hit',
      value,
      about,
      age: moment - about.timestamp,
    };
    return { answer, written: undefined };
  }

  /**
   * Regenerates behind an answer, once at a time. `settled` waits for it.
   *
   * @param {string} key of the entry, which root params may make another than that of the call
   */
  #refresh(request, calls, call, key) {
    const refreshed = this.#generate(request, calls, call).then(({ written }) => written);
    if (!this.#setsAtStart) this.#refreshing.set(key, refreshed);
    const end = () => this.#refreshing.delete(key);
    refreshed.then(end, end);
    this.#keep(refreshed);
  }

  /**
   * Generates for this request, and hands it to the handler.
   *
   * @returns {Promise<{ answer: object, written?: Promise<void> }>} as `#read`; rejects when the
   *   cached function fails
   */
  async #generate(request, calls, call, again) {
    const running = request.runGeneration(() => Generation.of(call, this.#run));
    const begun = again?.();
    if (this.#setsAtStart) {
      const pending = running.then((generation) => generation.entry());
      const written = calls.make('set', call.key, pending);
      this.#keep(written);
      const answer = generated(await running);
      await written.catch(() => {});
      return { answer, written: undefined };
    }
    const generation = await running;
    await begun;
    if (generation.abandoned) return { answer: { outcome: 'abandoned' }, written: undefined };
    const written = this.#store(calls, call, generation);
    this.#keep(written);
    return { answer: generated(generation), written };
  }

  /**
   * Hands what was generated to the handler; of a function that reads root params two entries: its
   * own, and under the plain key one that only names the params.
   *
   * @returns {Promise<void>} done when both calls have settled; never rejects
   */
  async #store(calls, call, generation) {
    const names = Object.keys(call.rootParams ?? {});
    const sets =
      names.length === 0
        ? [calls.make('set', call.key, Promise.resolve(generation.entry()))]
        : [
            calls.make('set', specific(call), Promise.resolve(generation.entry())),
            calls.make('set', call.key, Promise.resolve(generation.redirection(names))),
          ];
    await Promise.allSettled(sets);
    if (call.corrupts) generation.corrupt();
  }

  /**
   * Has `settled` wait for something.
   *
   * @param {Promise<unknown>} promise may reject, and nobody hears of it
   */
  #keep(promise) {
    const kept = promise.catch(() => {}).finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }
}

/**
 * The key of the entry for these root params: they are in it by name, whatever order they were read
 * in.
 *
 * @returns {string}
 */
function specific({ key, rootParams }) {
  const params = Object.entries(rootParams).sort(([one], [other]) => (one < other ? -1 : 1));
  return key + JSON.stringify(params);
}

/** What a request is answered that generated; a failed generation fails it. */
function generated(generation) {
  if (generation.failure) throw new Error(generation.failure);
  return { outcome: 'generated', value: generation.value, about: generation.about, age: 0 };
}

/**
 * The bytes of a stream, whose reader may do with its chunks whatever it likes.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @param {boolean} [corrupts] whether it does
 * @returns {Promise<Buffer>} a copy
 */
async function bytesOf(stream, corrupts) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (corrupts) for (const chunk of chunks) corrupt(chunk);
  return bytes;
}
