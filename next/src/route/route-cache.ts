import type { Client } from '../client/client.js';
import type { Found } from '../client/judgement.js';
import type { Clock } from '../runtime/clock.js';
import type { Events } from '../events/events.js';
import type { ServedRequest } from '../host/request.js';
import { pathOf as readerOf } from '../use-cache/handler.js';
import type { Log } from '../runtime/log.js';
import type { Copy } from '../near/near-cache.js';
import type { Consumer, WorkStore } from '../host/next-context.js';
import type { Look } from '../entry/presentation.js';
import type { RequestReads } from '../client/request-reads.js';
import type { Lookup, LookupOptions } from '../client/lookup.js';
import type { Otherwise } from '../client/lookups.js';
import type { Timekeeper } from '../runtime/timekeeper.js';
import { UNKNOWN, type AsOf } from '../wire/frame.js';
import { sizeOf, whole } from '../wire/value.js';
import { nameTags } from './cdn-tags.js';
import { decode, encode } from './codec.js';
import { LONGEST_RENDER } from './renders.js';
import { RequestRenders, type Asker } from './request-renders.js';
import { pathnameOf, pathOf } from './key.js';
import {
  bornAt,
  isNeverFresh,
  isOnlyFading,
  lifeOf,
  readersOwn,
  presentRoute,
  presentShared,
  type RouteAnswer,
} from './life.js';
import { tellLifetime } from './lifetimes.js';
import { remainder } from './remainder.js';
import { askedFor } from './seed.js';
import { seedOf, seed } from './seeding.js';
import {
  isOf,
  routeKeyOf,
  originOf,
  tagsOf,
  type CallContext,
  type RouteKey,
} from './route-key.js';
import type { RouteRecord, RouteValue } from './value.js';
import type { RequestScope } from './request-scope.js';

/** Milliseconds after which what is fetched is no longer believed to arrive. */
const LONGEST_FETCH = 15_000;

/** What a route cache is made of. */
export interface RouteCacheParts {
  /** The client of this process, or undefined where there must be none: in `next build`. */
  readonly client: () => Client | undefined;
  /** Emits each lookup and generation. */
  readonly events: Events;
  readonly log: Log;
  /** The time its client goes by, too. */
  readonly time: Timekeeper;
  readonly requestReads: RequestReads;
  /** Who reads, as far as that is known. */
  readonly consumer: () => Consumer;
  /** The request in whose context it is called, if it is known. */
  readonly request: () => WorkStore | undefined;
  /** The HTTP request in whose context it is called, if it is known. */
  readonly exchange: () => ServedRequest | undefined;
  /** Whether Next.js fails a navigation for which there is nothing (`strandsNavigations`). */
  readonly strandsNavigations: boolean;
}

/*
 * How it works. Next.js calls `get`; where that finds nothing, or something stale, it renders, and
 * calls `set`, sometimes through another handler. What belongs together is found by its key:
 *
 *   route-key        what a call is about, in one of three spaces: routes, fetched values, images
 *   request-scope    what one handler of Next.js has asked for, and when
 *   request-renders  the renders that a request owes, their leases, and who waits for them
 *   seeding          what `next build` has rendered, for a server that has never seen it
 *   remainder        what the build has left of a page with holes
 *   life             ages and lifetimes, as Next.js wants to see them
 *
 * A `get` looks (`#look`), decides how Next.js should see what was found (`#lookOf`), and remembers
 * what will be rendered because of the answer. It waits for another render only where that saves one:
 * not for a page that is rendered in any case (on demand), nor for a navigation that renders nothing.
 * What no server has is seeded from the build, and looked for once more; where no server can be asked,
 * what the build left is lent, within the bound of an outage (`#built`).
 *
 * Next.js renders whatever it is told is stale. So only the request that holds the lease is told so;
 * the others are shown the same value as fresh. Nothing is stored for more than a fortnight at a
 * time; what lives longer is stored once more before that ends, and not rendered (`#renew`).
 *
 * A `set` is stamped with the revision known when its `get` asked, since Next.js does not say when it
 * began to render. Where a render fails, Next.js sets the value again that it was handed: that one keeps
 * its stamp (`#handedOut`).
 */

/**
 * The pages, routes, fetched values and images of this process' app, shared with all others: what
 * is behind every handler Next.js constructs for its singular `cacheHandler`. Nothing here throws,
 * and nothing waits for longer than a lookup may.
 *
 * Without a client, in `next build`, everything is a miss and nothing is kept.
 */
export class RouteCache {
  readonly #parts: RouteCacheParts;
  readonly #clock: Clock;
  readonly #requestRenders: RequestRenders;
  /** As of when what Next.js was handed was generated: it hands it back when a render fails. */
  readonly #handedOut = new WeakMap<object, AsOf>();

  constructor(parts: RouteCacheParts) {
    this.#parts = parts;
    this.#clock = parts.time.now;
    this.#requestRenders = new RequestRenders(this.#clock);
  }

  /**
   * What Next.js' `get` answers; `null` is a miss. Never rejects: a fault is said in the log, and
   * is a miss.
   *
   * @param context what Next.js says beside the key; it differs by version and by kind
   * @param scope the handler it was asked of
   */
  async get(
    cacheKey: string,
    context: CallContext,
    scope: RequestScope,
  ): Promise<RouteAnswer | null> {
    const client = this.#parts.client();
    if (!client) return null;
    try {
      const routeKey = routeKeyOf(cacheKey, context, undefined, scope);
      return routeKey ? await this.#get(client, routeKey, context, scope) : null;
    } catch (error) {
      this.#parts.log.error(`a lookup in the route cache failed: ${String(error)}`);
      return null;
    }
  }

  /**
   * Takes what Next.js' `set` is given. Done when that is queued for the server; for what is made
   * on demand, when the others know, for a second at most. Never rejects.
   *
   * @param value `null` is a page that was not found
   */
  async set(
    cacheKey: string,
    value: RouteValue | null,
    context: CallContext,
    scope: RequestScope,
  ): Promise<void> {
    const client = this.#parts.client();
    const routeKey = client && routeKeyOf(cacheKey, context, value, scope);
    if (!routeKey) return;
    try {
      await this.#set(client, routeKey, value ?? null, context, scope);
    } catch (error) {
      this.#parts.log.error(`a value of the route cache could not be stored: ${String(error)}`);
      this.#requestRenders.giveUp(client, routeKey.key);
    }
  }

  /** The lookup itself: finds, decides how it should look, and notes what will be generated. */
  async #get(
    client: Client,
    routeKey: RouteKey,
    context: CallContext,
    scope: RequestScope,
  ): Promise<RouteAnswer | null> {
    const { consumer, events, time } = this.#parts;
    const clock = this.#clock;
    const { space, cacheKey, key } = routeKey;
    const began = clock();
    const reader = space === 'fetch' ? consumer() : 'page';
    const asker = { scope, exchange: this.#parts.exchange(), reader };
    if (space === 'route') this.#requestRenders.movedOn(client, key, asker);
    const request = space === 'fetch' ? this.#parts.request() : undefined;
    const found = await this.#look(client, routeKey, context, asker);
    const { lookup, outcome, reason, waited } = found;
    const path =
      space === 'route' ? pathOf(pathnameOf(cacheKey)) : readerOf(context.softTags ?? []);
    client.count(key, found, path, request, asker.exchange?.takeRead());
    const reported = (answer: RouteAnswer | null, because = reason): RouteAnswer | null => {
      events.tell({
        type: 'lookup',
        outcome: answer || lookup.state === 'miss' ? outcome : 'miss',
        key: key.id,
        path,
        tags: answer && lookup.state !== 'miss' ? lookup.entry.tags : [],
        duration: clock() - began,
        waited,
        reason: because,
      });
      return answer;
    };
    const onlyReads = isOnlyRead(routeKey, context, scope);
    if (lookup.state === 'miss') {
      this.#requestRenders.due(client, routeKey, asker, lookup.leased, onlyReads);
      // Who only reads would resume what the build left of a page with holes.
      const rest = await remainder(routeKey, context, !onlyReads && lookup.answered);
      if (rest?.value) this.#handedOut.set(rest.value, UNKNOWN);
      return reported(rest);
    }
    const record = decode(whole(lookup.entry.value));
    if (!record || !isOf(space, record.value)) {
      this.#requestRenders.due(client, routeKey, asker, lookup.leased, onlyReads);
      return reported(null, 'stored in another format');
    }
    const look = await this.#lookOf(client, routeKey, record, lookup, reader);
    const moment = clock();
    scope.asked(key, moment, look === 'stale');
    if (look === 'stale' && lookup.leased) this.#requestRenders.refresh(client, routeKey, asker);
    const shown = { ...record, value: shownTo(context, record.value) };
    nameTags(shown.value, lookup.entry.tags, client.cdnTags);
    if (shown.value) this.#handedOut.set(shown.value, lookup.entry.asof);
    const answer =
      space === 'route'
        ? presentRoute(shown, lookup.entry, look, moment)
        : presentShared(shown, lookup.entry, look, moment, context.revalidate);
    if (space === 'route') tellLifetime(cacheKey, answer.cacheControl);
    return reported({ ...answer, lastModified: time.shown(answer.lastModified) });
  }

  /** Looks a key up as patiently as that makes sense. */
  async #look(
    client: Client,
    routeKey: RouteKey,
    context: CallContext,
    asker: Asker,
  ): Promise<Found & { readonly waited: number }> {
    const { scope, reader } = asker;
    const { requestReads } = this.#parts;
    const clock = this.#clock;
    const { space, key } = routeKey;
    const began = clock();
    const reading = space === 'fetch' ? requestReads.joined(client) : client.begin();
    const onlyReads = isOnlyRead(routeKey, context, scope);
    const impatient = onlyReads || (await isOnDemand(routeKey, scope));
    const joined =
      !impatient && (await this.#requestRenders.join(client, routeKey, asker))
        ? clock() - began
        : 0;
    const options: LookupOptions = {
      wait:
        impatient || this.#requestRenders.failedRecently(key)
          ? 0
          : Math.max(0, client.wait - joined),
      freshOnly: space === 'fetch' && reader !== 'page',
      generation: space === 'fetch' ? LONGEST_FETCH : LONGEST_RENDER,
      revalidate: space === 'fetch' ? readersOwn(context) : undefined,
    };
    const { tags = [], softTags = [] } = context;
    const named = space === 'fetch' ? [...tags, ...softTags] : [];
    const lookUp = (): Promise<Found> => client.lookup(key, named, options, reading);
    let found = await lookUp();
    if (isMiss(found) && (await this.#seeded(client, routeKey, context))) found = await lookUp();
    const { waited } = found.lookup;
    if (isMiss(found) && !found.lookup.leased && waited > 0) this.#requestRenders.failed(key);
    if (found.lookup.state === 'miss')
      found = (await this.#built(client, routeKey, context, options, found, asker)) ?? found;
    return { ...found, waited: waited + joined };
  }

  /** How Next.js should see what was found: as it is, regenerated now, or not yet. */
  async #lookOf(
    client: Client,
    routeKey: RouteKey,
    record: RouteRecord,
    lookup: Exclude<Lookup, { state: 'miss' }>,
    reader: Consumer,
  ): Promise<Look> {
    const { state, leased, entry } = lookup;
    if (state === 'fresh') return 'as-is';
    if (leased && isOnlyFading(record, entry, this.#clock())) {
      await this.#renew(client, routeKey, record, entry);
      return 'as-is';
    }
    return leased || reader !== 'page' ? 'stale' : 'fresh';
  }

  /** Puts what the build rendered where everybody finds it; whether there was something to put. */
  async #seeded(client: Client, routeKey: RouteKey, context: CallContext): Promise<boolean> {
    const { build, cacheKey, key } = routeKey;
    if (!build) return false;
    return seed(client, { build, cacheKey, key }, askedFor(context), this.#clock);
  }

  /**
   * What the build left of what the server could not be asked for, or cannot keep, if it may be
   * served.
   */
  async #built(
    client: Client,
    { build, cacheKey, key, space }: RouteKey,
    context: CallContext,
    options: LookupOptions,
    missed: Found,
    asker: Asker,
  ): Promise<Found | undefined> {
    if (!build) return undefined;
    // Next.js does not always render a shell, or a page for a navigation, when it is missing, and has
    // nothing else to answer then.
    const shell =
      context.isFallback === true || (await build.isShell(pathOf(pathnameOf(cacheKey))));
    const unknown = isUnknown(missed);
    if (!unknown && !shell) return undefined;
    const seed = await seedOf({ build, cacheKey }, askedFor(context), client.history, this.#clock);
    if (!seed) return undefined;
    const alone = shell || (this.#parts.strandsNavigations && asker.exchange?.navigates === true);
    const lent = client.lend(
      key,
      seed,
      options,
      missed.reason,
      alone ? (unknown ? 'always' : 'unless expired') : this.#orJoined(space),
    );
    if (lent && missed.lookup.leased) client.release(key);
    return lent;
  }

  /**
   * What is lent of a page that Next.js renders when it is missing: nothing, but where a navigation
   * that fails without it may have joined the request.
   */
  #orJoined(space: RouteKey['space']): Otherwise {
    return space === 'route' && this.#parts.strandsNavigations ? 'as stale' : 'never';
  }

  /** Stores once more what only its storage would let go of. */
  async #renew(
    client: Client,
    routeKey: RouteKey,
    record: RouteRecord,
    entry: Copy,
  ): Promise<void> {
    const generatedAt = this.#clock();
    const renewed = { ...record, lived: generatedAt - bornAt(record, entry) };
    const { tags, asof } = entry;
    await client.offer(routeKey.key, {
      ...originOf(routeKey, record.value),
      value: [encode(renewed)],
      tags,
      life: lifeOf(renewed),
      generatedAt,
      asof,
    });
  }

  /** Stores a value as of when its generation began, unless nobody may be served it. */
  async #set(
    client: Client,
    routeKey: RouteKey,
    value: RouteValue | null,
    context: CallContext,
    scope: RequestScope,
  ): Promise<void> {
    const { events, request, exchange } = this.#parts;
    const clock = this.#clock;
    const { space, key } = routeKey;
    const began = scope.beganAt(key);
    const retained = value ? this.#handedOut.get(value) : undefined;
    if (retained === UNKNOWN) return this.#requestRenders.giveUp(client, key);
    const generatedAt = retained || space === 'image' ? clock() : began;
    const cacheControl = space === 'fetch' ? undefined : context.cacheControl;
    const tags = tagsOf(routeKey, value, context);
    const record = { value, cacheControl, lived: 0 };
    const life = lifeOf(record);
    if (life.expire === 0 || isNeverFresh(record)) return this.#requestRenders.giveUp(client, key);
    const stored = {
      value: [encode(record)],
      tags,
      life,
      generatedAt,
      generation: retained ? 0 : clock() - began,
      ...originOf(routeKey, value),
      ...(retained && { asof: retained }),
    };
    // Next.js answers with the same headers, once this has returned.
    nameTags(value, tags, client.cdnTags);
    const replaces =
      space === 'fetch'
        ? request()?.isOnDemandRevalidate === true
        : await isOnDemand(routeKey, scope);
    const taken = client.take(key, Promise.resolve(stored), { replaces, whole: space === 'route' });
    this.#requestRenders.arrived(key);
    if (space === 'route') this.#requestRenders.finish(client, { scope, exchange: exchange() });
    events.tell({
      type: 'generation',
      outcome: 'queued',
      key: key.id,
      duration: clock() - began,
      bytes: sizeOf(stored.value),
      tags: stored.tags,
      reason: retained ? 'the one before, as a render failed' : '',
    });
    await taken;
  }
}

/** Whether a page is rendered whatever is found, by the right of whoever asks for that. */
async function isOnDemand({ build }: RouteKey, { demand }: RequestScope): Promise<boolean> {
  return build !== undefined && demand !== undefined && build.trusts(demand);
}

/** Whether nothing is rendered whatever is found: a navigation only wants the state of a page. */
function isOnlyRead(
  { space }: RouteKey,
  { isRoutePPREnabled }: CallContext,
  scope: RequestScope,
): boolean {
  return space === 'route' && isRoutePPREnabled === true && scope.navigates;
}

/** Whether the server said that there is nothing. */
function isMiss({ lookup }: Found): boolean {
  return lookup.state === 'miss' && lookup.answered;
}

/** Whether the server did not say whether there is something. */
function isUnknown({ lookup }: Found): boolean {
  return lookup.state === 'miss' && !lookup.answered;
}

/**
 * A value as Next.js' own disk cache answers it: data it must not take for that of a whole page.
 */
function shownTo(context: CallContext, value: RouteValue | null): RouteValue | null {
  const { isFallback, isRoutePPREnabled } = context;
  if (
    value?.kind === 'APP_PAGE' &&
    (isFallback || (isRoutePPREnabled && value.postponed != null))
  ) {
    return { ...value, rscData: undefined };
  }
  return value?.kind === 'PAGES' && isFallback ? { ...value, pageData: {} } : value;
}
