import type { Client, Lookup, Stored } from './client.js';
import type { Clock } from './clock.js';
import { Invalidations } from './invalidations.js';
import { keyOf, type Key } from './key.js';
import type { Log } from './log.js';
import { consumer, workStore, type Consumer, type WorkStore } from './next-context.js';
import {
  drain,
  expireOf,
  isDynamic,
  lifeOf,
  present,
  type Look,
  type NextEntry,
} from './presentation.js';

/** Milliseconds after which a generation is no longer believed to be running. */
const LONGEST_GENERATION = 60_000;

/** The same in a static prerender, which may abandon a generation without a word. */
const LONGEST_IN_SHELL = 15_000;

/** Bytes of a value above which it is not read to its end. */
const LARGEST_VALUE = 64 << 20;

/** The tag Next.js puts on an entry that only names the root params its real entry depends on. */
const REDIRECT_TAG = '_N_RP_';

/** The five methods Next.js calls, for any of its kinds of `use cache`. */
export interface CacheHandler {
  /** The entry of a key, or undefined when it must be generated. Never rejects. */
  get(cacheKey: string, softTags: string[]): Promise<NextEntry | undefined>;
  /** Takes a generated entry, or one being generated. Never rejects, never waits for the server. */
  set(cacheKey: string, pendingEntry: Promise<NextEntry>): Promise<void>;
  /** Nothing to do: every `get` asks the server, which knows all invalidations. */
  refreshTags(): Promise<void>;
  /** `Infinity`: soft tags are judged in `get`. */
  getExpiration(tags: string[]): Promise<number>;
  /**
   * Invalidates tags, now or stale at first. Done means true on every instance.
   *
   * @throws Error when that could not be confirmed in time
   */
  updateTags(tags: string[], durations?: { expire?: number }): Promise<void>;
}

/** What a handler is made of. */
export interface HandlerParts {
  /** The client of this process, or undefined where there must be none: in `next build`. */
  readonly client: () => Client | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** Who reads; by default what Next.js knows. */
  readonly consumer?: () => Consumer;
  /** The request that invalidates; by default what Next.js knows. */
  readonly request?: () => WorkStore | undefined;
}

/** The cache handler over one client. */
export function createHandler(parts: HandlerParts): CacheHandler {
  const { client: clientOf, log, clock } = parts;
  const whoReads = parts.consumer ?? consumer;
  const whoInvalidates = parts.request ?? workStore;
  const writing = new Map<string, Promise<void>>();
  const invalidations = new Invalidations(clock);

  /** Waits for a value of this process that is on its way; what is left of the patience. */
  async function afterWriting(client: Client, key: Key): Promise<number> {
    const written = writing.get(key.id);
    if (!written) return client.wait;
    const began = clock();
    await bounded(written, client.wait).catch(() => {});
    return Math.max(0, client.wait - (clock() - began));
  }

  async function find(
    client: Client,
    key: Key,
    softTags: string[],
  ): Promise<NextEntry | undefined> {
    const reader = whoReads();
    if (writing.has(key.id) && !client.usable) return undefined;
    const wait = await afterWriting(client, key);
    const found = await client.lookup(key, softTags, {
      wait,
      freshOnly: reader === 'shell' || reader === 'cache',
      generation: reader === 'shell' ? LONGEST_IN_SHELL : LONGEST_GENERATION,
    });
    const entry = found.state === 'miss' ? undefined : shown(client, key, found, reader);
    log.debug(() => `get ${key.id} for a ${reader}: ${describe(found, entry)}`);
    return entry;
  }

  function shown(
    client: Client,
    key: Key,
    found: Exclude<Lookup, { state: 'miss' }>,
    reader: Consumer,
  ): NextEntry | undefined {
    const { entry } = found;
    // Next.js regenerates neither of these by itself, so the lease would only keep others waiting.
    const idle =
      entry.tags.some((tag) => tag.startsWith(REDIRECT_TAG)) ||
      (reader === 'shell' && isDynamic(entry.life));
    if (found.leased && idle) client.release(key);
    return present(entry, idle ? 'as-is' : lookOf(found, reader), clock());
  }

  /** Reads a value and queues it; the promise inside is done when it has left this process. */
  async function store(
    client: Client,
    key: Key,
    pendingEntry: Promise<NextEntry>,
  ): Promise<{ readonly sent: Promise<void> }> {
    const stop = new AbortController();
    const timer = setTimeout(
      () => stop.abort(new Error('the generation takes too long')),
      LONGEST_GENERATION,
    ).unref();
    let reason = 'it is never served';
    try {
      const stored = await collect(pendingEntry, stop.signal);
      if (stored) return { sent: client.put(key, stored) };
    } catch (error) {
      reason = String(error);
    } finally {
      clearTimeout(timer);
    }
    log.debug(() => `set ${key.id}: not stored, ${reason}`);
    client.release(key);
    return { sent: Promise.resolve() };
  }

  return {
    async get(cacheKey, softTags) {
      const client = clientOf();
      if (!client) return undefined;
      try {
        return await find(client, keyOf(cacheKey), softTags);
      } catch (error) {
        log.error(`a lookup failed: ${String(error)}`);
        return undefined;
      }
    },

    async set(cacheKey, pendingEntry) {
      const client = clientOf();
      if (!client) return;
      const key = keyOf(cacheKey);
      const queued = store(client, key, pendingEntry);
      const written = queued.then(({ sent }) => sent);
      const end = (): void => {
        if (writing.get(key.id) === written) writing.delete(key.id);
      };
      writing.set(key.id, written);
      written.then(end, end);
      await queued.catch((error) => log.error(`a value could not be stored: ${String(error)}`));
    },

    async refreshTags() {},

    async getExpiration() {
      return Infinity;
    },

    async updateTags(tags, durations) {
      const named = [...new Set(tags)].filter((tag) => tag !== '');
      const expire = expireOf(durations);
      const client = clientOf();
      if (!client) throw new Error(`larder: cannot invalidate ${JSON.stringify(named)} in a build`);
      if (named.length === 0) return;
      await invalidations.once(whoInvalidates(), named, expire, async (fresh) => {
        log.debug(() => `invalidate ${JSON.stringify(fresh)}, expire ${expire}`);
        await client.invalidate(fresh, expire);
      });
    },
  };
}

function lookOf(found: Exclude<Lookup, { state: 'miss' }>, reader: Consumer): Look {
  if (found.state === 'fresh') return reader === 'page' ? 'fresh' : 'as-is';
  return found.leased || reader !== 'page' ? 'stale' : 'fresh';
}

/** The entry with its bytes read, or undefined when it could never be served. */
async function collect(
  pendingEntry: Promise<NextEntry>,
  signal: AbortSignal,
): Promise<Stored | undefined> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  const entry = await Promise.race([pendingEntry, aborted]);
  const life = lifeOf(entry);
  if (life.expire === 0) {
    void entry.value.cancel().catch(() => {});
    return undefined;
  }
  const value = await drain(entry.value, LARGEST_VALUE, signal);
  return { value, tags: entry.tags, life, generatedAt: entry.timestamp };
}

function bounded(promise: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds).unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function describe(found: Lookup, entry: NextEntry | undefined): string {
  if (found.state === 'miss') {
    return `miss, ${found.reason}; ${found.leased ? 'generating for all' : 'generating'}`;
  }
  if (!entry) return 'expired on the way';
  return found.state === 'fresh' ? 'fresh' : found.leased ? 'stale, regenerating for all' : 'stale';
}
