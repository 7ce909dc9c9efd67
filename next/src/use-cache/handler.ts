import type { Client } from '../client/client.js';
import { Deadline } from '../runtime/deadline.js';
import type { Events } from '../events/events.js';
import type { ServedRequest } from '../host/request.js';
import { FailedGenerations } from '../client/failed-generations.js';
import { Invalidations } from '../host/invalidations.js';
import { keyOf, type Key } from '../entry/key.js';
import { sayOnce, type Log } from '../runtime/log.js';
import { Registry } from '../runtime/registry.js';
import { RequestReads } from '../client/request-reads.js';
import { consumer, workStore, type Consumer, type WorkStore } from '../host/next-context.js';
import {
  drain,
  expireOf,
  isDynamic,
  lifeOf,
  present,
  type Look,
  type NextEntry,
} from '../entry/presentation.js';
import type { Lookup } from '../client/lookup.js';
import type { Stored } from '../entry/stored.js';
import type { Timekeeper } from '../runtime/timekeeper.js';
import { sizeOf } from '../wire/value.js';
import { isOfBuild } from './build.js';

/** Milliseconds after which a generation is no longer believed to be running. */
const LONGEST_GENERATION = 60_000;

/** The same in a static prerender, which may abandon a generation without a word. */
const LONGEST_IN_SHELL = 15_000;

/** Bytes of a value above which it is not read to its end. */
const LARGEST_VALUE = 64 << 20;

/** What the soft tags of a path begin with; the last of them is the path itself. */
const PATH_TAG = '_N_T_';

/** The tag Next.js puts on an entry that only names the root params its real entry depends on. */
const REDIRECT_TAG = '_N_RP_';

/** The id of a function in a key of Next.js, which is near its start. */
const FUNCTION_ID = /"([0-9a-f]{40,})"/;

/** Code units of a key in which it is looked for. */
const LONGEST_PREFIX = 512;

/** What most calls of a request come to, made once. */
const DONE = Promise.resolve();
const NEVER = Promise.resolve(Infinity);

/**
 * The five methods Next.js calls, for any of its kinds of `use cache`. They are those of Next.js'
 * `CacheHandler` for `cacheHandlers`. The lists it is handed are Next.js' and are not kept.
 */
export interface CacheHandler {
  /**
   * The entry of a key, or undefined when it must be generated. Never rejects.
   *
   * @param softTags those of the path that reads, for which an invalidation counts, too
   */
  get(cacheKey: string, softTags: string[]): Promise<NextEntry | undefined>;
  /**
   * Takes a generated entry, or one being generated. Never rejects.
   *
   * @returns a promise that is done when the entry was read and queued for the server; over HTTP,
   *   and for what is made on demand, when the server has answered or a second has passed
   */
  set(cacheKey: string, pendingEntry: Promise<NextEntry>): Promise<void>;
  /**
   * Begins a request: what it reads is current as of now. Does not wait for the server, unless the
   * request generates on demand, and is the first of this process or nothing is pushed to it.
   */
  refreshTags(): Promise<void>;
  /** `Infinity`: soft tags are judged in `get`. */
  getExpiration(tags: string[]): Promise<number>;
  /**
   * Invalidates tags, now or stale at first. Done means true on every instance.
   *
   * @param durations absent: expired at once. `expire`: stale at once, and expired after so many
   *   seconds; stale for ever where it is left out
   * @throws Error when that could not be confirmed in time
   */
  updateTags(tags: string[], durations?: { expire?: number }): Promise<void>;
}

/** What a handler is made of. What may be absent is found in Next.js. */
export interface HandlerParts {
  /** The client of this process, or undefined where there must be none: in `next build`. */
  readonly client: () => Client | undefined;
  readonly events: Events;
  readonly log: Log;
  /** The time its client goes by, too. */
  readonly time: Timekeeper;
  /** Who reads; by default what Next.js knows. */
  readonly consumer?: () => Consumer;
  /** The request that reads or invalidates; by default what Next.js knows. */
  readonly request?: () => WorkStore | undefined;
  /** The HTTP request in whose context it is called, if it is known. */
  readonly exchange?: () => ServedRequest | undefined;
  /** The requests that read, for all handlers of this process. */
  readonly requestReads?: RequestReads;
}

/**
 * The cache handler over one client. It is the same for every kind of `use cache`: their keys
 * differ.
 *
 * @returns a handler whose methods need no `this`
 */
export function createHandler(parts: HandlerParts): CacheHandler {
  const { client: clientOf, events, log, time } = parts;
  const clock = time.now;
  const whoReads = parts.consumer ?? consumer;
  const whichRequest = parts.request ?? workStore;
  const whichExchange = parts.exchange ?? (() => undefined);
  const requestReads = parts.requestReads ?? new RequestReads(whichRequest);
  const invalidations = new Invalidations(time.next);
  /** What every reader generates alone, as it is never served. */
  const failedGenerations = new FailedGenerations(clock);
  /** What is being stored, until the server has it, by the keys of Next.js. */
  const storing = new Registry<string, Key>();

  /** A lookup, and the event of its outcome. A fault is said in the log, and is a miss. */
  async function find(cacheKey: string, softTags: string[]): Promise<NextEntry | undefined> {
    const client = clientOf();
    if (!client) return undefined;
    try {
      const began = clock();
      const key = keyOf(cacheKey);
      const reader = whoReads();
      const alone = failedGenerations.has(key);
      const options = {
        wait: alone ? 0 : client.wait,
        freshOnly: reader === 'shell' || reader === 'cache',
        generation: reader === 'shell' ? LONGEST_IN_SHELL : LONGEST_GENERATION,
      };
      const reading = requestReads.current(client);
      const exchange = whichExchange();
      const request = whichRequest();
      const found = await client.lookup(key, softTags, options, reading);
      const { lookup, outcome, reason } = found;
      client.count(key, found, pathOf(softTags), request, exchange?.takeRead());
      // A render may end without having generated what it misses, and does not say so.
      if (lookup.state === 'miss' && lookup.leased) {
        if (alone) client.release(key);
        exchange?.whenOver(reader === 'page' ? 'answer' : 'render', client.declineOf(key));
      }
      const entry = lookup.state === 'miss' ? undefined : shown(client, key, lookup, reader);
      if (events.heard) {
        events.tell({
          type: 'lookup',
          outcome: entry || lookup.state === 'miss' ? outcome : 'miss',
          key: key.id,
          path: pathOf(softTags),
          tags: entry?.tags ?? [],
          duration: clock() - began,
          waited: lookup.waited,
          reason,
        });
      }
      return entry;
    } catch (error) {
      log.error(`a lookup failed: ${String(error)}`);
      return undefined;
    }
  }

  /** What was found as this reader should see it; undefined where it has expired on the way. */
  function shown(
    client: Client,
    key: Key,
    found: Exclude<Lookup, { state: 'miss' }>,
    reader: Consumer,
  ): NextEntry | undefined {
    const { entry } = found;
    // Next.js regenerates neither of these by itself, so the lease would only keep others waiting.
    const idle = isRedirect(entry.tags) || (reader === 'shell' && isDynamic(entry.life));
    if (found.leased && idle) client.release(key);
    const shown = present(entry, idle ? 'as-is' : lookOf(found, reader), clock());
    if (shown) shown.timestamp = time.shown(shown.timestamp);
    return shown;
  }

  /**
   * What a redirect leads to, of all that is being stored. Whoever waits for the redirect elsewhere
   * asks for that next, and would generate it again if the redirect arrived first.
   */
  function targets(client: Client, cacheKey: string): Promise<unknown> {
    const found = storing.all().filter(([key]) => key !== cacheKey && key.startsWith(cacheKey));
    return Promise.all(found.map(([, key]) => client.settled(key)));
  }

  /** Reads a generated value, and queues it for the server. Never rejects. */
  async function store(
    client: Client,
    cacheKey: string,
    pendingEntry: Promise<NextEntry>,
  ): Promise<void> {
    const key = keyOf(cacheKey);
    const began = clock();
    const report = (stored: Stored | undefined, reason: string): void =>
      events.tell({
        type: 'generation',
        outcome: stored ? 'queued' : 'failed',
        key: key.id,
        duration: clock() - (stored?.generatedAt ?? began),
        bytes: sizeOf(stored?.value ?? []),
        tags: stored?.tags ?? [],
        reason,
      });
    try {
      storing.add(cacheKey, key);
      const generation = collect(pendingEntry, time).then((stored) => ({
        ...stored,
        label: labelOf(cacheKey, whichRequest()?.route),
        kind: 'use-cache' as const,
        build: isOfBuild(cacheKey, client.build) ? client.build : '',
      }));
      const stored = await client.take(key, generation, {
        replaces: whichRequest()?.isOnDemandRevalidate === true,
        after: (tags) => (isRedirect(tags) ? targets(client, cacheKey) : undefined),
        settled: () => storing.take(cacheKey),
      });
      if (stored) failedGenerations.delete(key);
      else failedGenerations.add(key);
      report(stored, stored ? '' : 'its entry is never served');
    } catch (error) {
      if (error instanceof RangeError) {
        sayOnce(log, 'unshared: stream', `an entry is not kept: ${error.message}`);
      }
      report(undefined, String(error));
    }
  }

  return {
    get: find,

    set(cacheKey, pendingEntry) {
      const client = clientOf();
      return client ? store(client, cacheKey, pendingEntry) : DONE;
    },

    refreshTags() {
      const client = clientOf();
      if (!client) return DONE;
      requestReads.begin(client);
      // It looks nothing up, and what it generates is stored only with a stamp that is not too old.
      const onDemand = whichRequest()?.isOnDemandRevalidate === true;
      if (!onDemand || client.abreast) return DONE;
      return requestReads
        .current(client)
        .refreshed()
        .then(() => {});
    },

    getExpiration: () => NEVER,

    async updateTags(tags, durations) {
      const named = [...new Set(tags)].filter((tag) => tag !== '');
      const expire = expireOf(durations);
      const client = clientOf();
      if (!client) throw new Error(`larder: cannot invalidate ${JSON.stringify(named)} in a build`);
      if (named.length === 0) return;
      const by = { action: actionOf(named, durations), path: whichExchange()?.path ?? '' };
      await invalidations.once(whichRequest(), named, expire, (fresh) =>
        client.invalidate(fresh, expire, by),
      );
    },
  };
}

/** The soft tag of a path that was asked for last, and the path: a page reads many entries. */
let latest = { tag: '', path: '' };

/** The path of the page or route that reads with these soft tags, or `''`. */
export function pathOf(softTags: readonly string[]): string {
  const tag = softTags.at(-1) ?? '';
  if (tag !== latest.tag) {
    latest = { tag, path: tag.startsWith(PATH_TAG) ? tag.slice(PATH_TAG.length) : '' };
  }
  return latest.path;
}

/** What an app called, as far as what a handler is given shows it. */
function actionOf(tags: readonly string[], durations: object | undefined): string {
  if (tags.every((tag) => tag.startsWith(PATH_TAG))) return 'revalidatePath';
  return durations === undefined ? 'updateTag' : 'revalidateTag';
}

/**
 * What a cached function is, for people: the route it was called in, and the id Next.js gave it. What it was
 * called with is not told.
 */
function labelOf(cacheKey: string, route = ''): string {
  const id = FUNCTION_ID.exec(cacheKey.slice(0, LONGEST_PREFIX))?.[1];
  return [route, id && `use cache ${id.slice(0, 12)}`].filter(Boolean).join(' ');
}

/** Whether an entry with these tags only says where the real one is. */
function isRedirect(tags: readonly string[]): boolean {
  return tags.some((tag) => tag.startsWith(REDIRECT_TAG));
}

/**
 * Whether who reads should see an entry as its life says, or should regenerate it, or should not.
 */
function lookOf(found: Exclude<Lookup, { state: 'miss' }>, reader: Consumer): Look {
  if (found.state === 'fresh') return reader === 'page' ? 'fresh' : 'as-is';
  return found.leased || reader !== 'page' ? 'stale' : 'fresh';
}

/**
 * The entry with its bytes read; without them when it must not be shared. A stream that fails, or
 * takes more than a minute, is what it rejects with; `RangeError` is for a value of more than 64
 * MiB.
 */
async function collect(pendingEntry: Promise<NextEntry>, time: Timekeeper): Promise<Stored> {
  const deadline = new Deadline(LONGEST_GENERATION, 'the generation takes too long');
  try {
    const entry = await deadline.met(pendingEntry);
    const life = lifeOf(entry);
    // Next.js' own handler serves neither of these.
    if (life.expire === 0 || life.revalidate === 0) {
      void entry.value.cancel().catch(() => {});
      const never = { ...life, expire: 0 };
      return { value: [], tags: [], life: never, generatedAt: time.at(entry.timestamp) };
    }
    const value = await drain(entry.value, LARGEST_VALUE, deadline);
    return { value, tags: [...entry.tags], life, generatedAt: time.at(entry.timestamp) };
  } finally {
    deadline.end();
  }
}
