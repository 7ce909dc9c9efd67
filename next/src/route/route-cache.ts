import type { Client, Found } from '../client.js';
import type { Clock } from '../clock.js';
import type { Events } from '../events.js';
import type { Exchange } from '../exchange.js';
import { pathOf as readerOf } from '../handler.js';
import type { Key } from '../key.js';
import type { Log } from '../log.js';
import type { Copy } from '../near/near-cache.js';
import type { Consumer, WorkStore } from '../next-context.js';
import type { Look } from '../presentation.js';
import type { Readings } from '../readings.js';
import type { Lookup, LookupOptions } from '../remote.js';
import type { Timekeeper } from '../timekeeper.js';
import { UNKNOWN, type AsOf } from '../wire/frame.js';
import { sizeOf, whole } from '../wire/value.js';
import { within } from '../within.js';
import { decode, encode } from './codec.js';
import { Flights, LONGEST_RENDER } from './flights.js';
import { pathnameOf, pathOf } from './key.js';
import {
  bornAt,
  isNeverFresh,
  isOnlyFading,
  lifeOf,
  readersOwn,
  presentRoute,
  presentShared,
  type Answer,
} from './life.js';
import { tellLifetime } from './lifetimes.js';
import { remainder } from './remainder.js';
import { askedFor } from './seed.js';
import { seedOf, sow } from './sow.js';
import { isOf, subjectOf, tagsOf, type CallContext, type Subject } from './subject.js';
import type { RouteRecord, RouteValue } from './value.js';
import type { Visit } from './visit.js';

/** Milliseconds after which what is fetched is no longer believed to arrive. */
const LONGEST_FETCH = 15_000;

/** What a route cache is made of. */
export interface RouteCacheParts {
  /** The client of this process, or undefined where there must be none: in `next build`. */
  readonly client: () => Client | undefined;
  readonly events: Events;
  readonly log: Log;
  /** The time its client goes by, too. */
  readonly time: Timekeeper;
  readonly readings: Readings;
  /** Who reads, as far as it can be told. */
  readonly consumer: () => Consumer;
  /** The request in whose context it is called, if that can be told. */
  readonly request: () => WorkStore | undefined;
  /** The HTTP request in whose context it is called, if that can be told. */
  readonly exchange: () => Exchange | undefined;
}

/**
 * The pages, routes, fetched values and images of this process' app, shared with all others: what is
 * behind every handler Next.js constructs for its singular `cacheHandler`. Nothing here throws, and
 * nothing waits for longer than a lookup may.
 */
export class RouteCache {
  readonly #parts: RouteCacheParts;
  readonly #clock: Clock;
  readonly #flights: Flights;
  /** As of when what Next.js was handed was generated: it hands it back when a render fails. */
  readonly #handedOut = new WeakMap<object, AsOf>();

  constructor(parts: RouteCacheParts) {
    this.#parts = parts;
    this.#clock = parts.time.now;
    this.#flights = new Flights(this.#clock);
  }

  /** What Next.js' `get` answers; `null` is a miss. */
  async get(cacheKey: string, context: CallContext, visit: Visit): Promise<Answer | null> {
    const client = this.#parts.client();
    if (!client) return null;
    try {
      const subject = subjectOf(cacheKey, context, undefined, visit);
      return subject ? await this.#get(client, subject, context, visit) : null;
    } catch (error) {
      this.#parts.log.error(`a lookup in the route cache failed: ${String(error)}`);
      return null;
    }
  }

  /** Takes what Next.js' `set` is given. Done when that is queued for the server. */
  async set(
    cacheKey: string,
    value: RouteValue | null,
    context: CallContext,
    visit: Visit,
  ): Promise<void> {
    const client = this.#parts.client();
    const subject = client && subjectOf(cacheKey, context, value, visit);
    if (!subject) return;
    try {
      await this.#set(client, subject, value ?? null, context, visit);
    } catch (error) {
      this.#parts.log.error(`a value of the route cache could not be stored: ${String(error)}`);
      this.#giveUp(client, subject.key);
    }
  }

  async #get(
    client: Client,
    subject: Subject,
    context: CallContext,
    visit: Visit,
  ): Promise<Answer | null> {
    const { consumer, events, time } = this.#parts;
    const clock = this.#clock;
    const { space, cacheKey, key } = subject;
    const began = clock();
    const reader = space === 'fetch' ? consumer() : 'page';
    const asker = { visit, exchange: this.#parts.exchange(), reader };
    if (space === 'route') this.#movedOn(client, key, asker);
    const { lookup, outcome, reason, waited } = await this.#look(client, subject, context, asker);
    const told = (answer: Answer | null, because = reason): Answer | null => {
      const path =
        space === 'route' ? pathOf(pathnameOf(cacheKey)) : readerOf(context.softTags ?? []);
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
    const onlyReads = isOnlyRead(subject, context, visit);
    if (lookup.state === 'miss') {
      this.#due(client, subject, asker, lookup.leased, onlyReads);
      // Who only reads would resume what the build left of a page with holes.
      const rest = await remainder(subject, context, !onlyReads && lookup.answered);
      if (rest?.value) this.#handedOut.set(rest.value, UNKNOWN);
      return told(rest);
    }
    const record = decode(whole(lookup.entry.value));
    if (!record || !isOf(space, record.value)) {
      this.#due(client, subject, asker, lookup.leased, onlyReads);
      return told(null, 'stored in another format');
    }
    const look = await this.#lookOf(client, key, record, lookup, reader);
    const moment = clock();
    visit.asked(key, moment, look === 'stale');
    if (look === 'stale' && lookup.leased) this.#refresh(client, subject, asker);
    const shown = { ...record, value: shownTo(context, record.value) };
    if (shown.value) this.#handedOut.set(shown.value, lookup.entry.asof);
    const answer =
      space === 'route'
        ? presentRoute(shown, lookup.entry, look, moment)
        : presentShared(shown, lookup.entry, look, moment, context.revalidate);
    if (space === 'route') tellLifetime(cacheKey, answer.cacheControl);
    return told({ ...answer, lastModified: time.shown(answer.lastModified) });
  }

  /** Looks a key up as patiently as that makes sense. */
  async #look(
    client: Client,
    subject: Subject,
    context: CallContext,
    asker: Asker,
  ): Promise<Found & { readonly waited: number }> {
    const { visit, reader } = asker;
    const { readings } = this.#parts;
    const clock = this.#clock;
    const { space, key } = subject;
    const began = clock();
    const reading = space === 'fetch' ? readings.joined(client) : client.begin();
    const onlyReads = isOnlyRead(subject, context, visit);
    const impatient = onlyReads || (await isOnDemand(subject, visit));
    const joined = !impatient && (await this.#join(client, subject, asker)) ? clock() - began : 0;
    const options: LookupOptions = {
      wait: impatient || this.#flights.isFruitless(key) ? 0 : Math.max(0, client.wait - joined),
      freshOnly: space === 'fetch' && reader !== 'page',
      generation: space === 'fetch' ? LONGEST_FETCH : LONGEST_RENDER,
      revalidate: space === 'fetch' ? readersOwn(context) : undefined,
    };
    const { tags = [], softTags = [] } = context;
    const named = space === 'fetch' ? [...tags, ...softTags] : [];
    const lookUp = (): Promise<Found> => client.lookup(key, named, options, reading);
    let found = await lookUp();
    if (isMiss(found) && (await this.#sown(client, subject, context))) found = await lookUp();
    const { waited } = found.lookup;
    if (isMiss(found) && !found.lookup.leased && waited > 0) this.#flights.foundFruitless(key);
    if (found.lookup.state === 'miss')
      found = (await this.#built(client, subject, context, options, found)) ?? found;
    return { ...found, waited: waited + joined };
  }

  /** How Next.js should see what was found: as it is, regenerated now, or not yet. */
  async #lookOf(
    client: Client,
    key: Key,
    record: RouteRecord,
    lookup: Exclude<Lookup, { state: 'miss' }>,
    reader: Consumer,
  ): Promise<Look> {
    const { state, leased, entry } = lookup;
    if (state === 'fresh') return 'as-is';
    if (leased && isOnlyFading(record, entry, this.#clock())) {
      await this.#renew(client, key, record, entry);
      return 'as-is';
    }
    return leased || reader !== 'page' ? 'stale' : 'fresh';
  }

  /** Comes to terms with a generation of the same key in this process; whether it waited for it. */
  async #join(client: Client, { space, key }: Subject, asker: Asker): Promise<boolean> {
    const flight = this.#flights.of(key);
    if (!flight) return false;
    const own = flight.owner === ownerOf(asker);
    // Next.js asks one after the other: for a page in a process, for what is fetched in a request.
    const ended = space === 'fetch' ? own && flight.awaited : space === 'image' || !own;
    if (ended) this.#giveUp(client, key);
    if (ended || own || !flight.awaited) return false;
    await within(flight.landed, client.wait);
    return true;
  }

  /** Puts what the build rendered where everybody finds it; whether there was something to put. */
  async #sown(client: Client, subject: Subject, context: CallContext): Promise<boolean> {
    const { build, cacheKey, key } = subject;
    if (!build) return false;
    return sow(client, { build, cacheKey, key }, askedFor(context), this.#clock);
  }

  /** What the build left of what the server could not be asked for, or cannot keep, if it may be served. */
  async #built(
    client: Client,
    { build, cacheKey, key }: Subject,
    context: CallContext,
    options: LookupOptions,
    missed: Found,
  ): Promise<Found | undefined> {
    if (!build) return undefined;
    // Next.js does not always render a shell when it is missing, and has nothing else to answer then.
    const shell =
      context.isFallback === true || (await build.isShell(pathOf(pathnameOf(cacheKey))));
    const unknown = isUnknown(missed);
    if (!unknown && !shell) return undefined;
    const seed = await seedOf({ build, cacheKey }, askedFor(context), client.history, this.#clock);
    if (!seed) return undefined;
    const otherwise = !shell ? 'never' : unknown ? 'always' : 'unless expired';
    const lent = client.lend(key, seed, options, missed.reason, otherwise);
    if (lent && missed.lookup.leased) client.release(key);
    return lent;
  }

  /** Stores once more what only its storage would let go of. */
  async #renew(client: Client, key: Key, record: RouteRecord, entry: Copy): Promise<void> {
    const generatedAt = this.#clock();
    const renewed = { ...record, lived: generatedAt - bornAt(record, entry) };
    const { tags, asof } = entry;
    await client.offer(key, {
      value: [encode(renewed)],
      tags,
      life: lifeOf(renewed),
      generatedAt,
      asof,
    });
  }

  /** Notes that what is missing is about to be generated, if it is. */
  #due(client: Client, subject: Subject, asker: Asker, leased: boolean, onlyReads: boolean): void {
    asker.visit.asked(subject.key, this.#clock(), subject.space !== 'image');
    if (!leased) return;
    if (onlyReads) client.release(subject.key);
    else this.#take(client, subject, asker, true);
  }

  /** Notes that what is stale is about to be generated behind the answer, if it is. */
  #refresh(client: Client, subject: Subject, asker: Asker): void {
    // Next.js does not refresh what a browser only fetches ahead.
    if (subject.space === 'route' && asker.exchange?.prefetches) return client.release(subject.key);
    if (subject.space === 'route') asker.exchange?.rendersBehind();
    this.#take(client, subject, asker, false);
  }

  /** Takes a lease that was granted, unless it was of no use before: then nobody is to wait for it. */
  #take(client: Client, { space, key }: Subject, asker: Asker, awaited: boolean): void {
    if (this.#flights.isFruitless(key)) return client.release(key);
    this.#flights.begin(key, { space, owner: ownerOf(asker), awaited });
    if (!awaited) return;
    const flight = this.#flights.of(key);
    const end = (): void => {
      if (this.#flights.of(key) === flight) this.#giveUp(client, key);
    };
    // A page is waited for by its request; what it fetches belongs to what is rendered.
    asker.exchange?.whenOver(
      space !== 'fetch' || asker.reader === 'page' ? 'answer' : 'render',
      end,
    );
  }

  /**
   * Gives up the pages this request was to generate before it looked for another one: Next.js serves a
   * shell in place of a page that is missing, and may render the page behind that.
   */
  #movedOn(client: Client, key: Key, asker: Asker): void {
    const { exchange } = asker;
    if (!exchange) return;
    for (const flight of this.#flights.awaitedOf(exchange)) {
      if (flight.space !== 'route' || flight.key.id === key.id) continue;
      exchange.rendersBehind();
      this.#giveUp(client, flight.key);
    }
  }

  /** Gives up what a request began and will not end. */
  #finish(client: Client, asker: Pick<Asker, 'visit' | 'exchange'>): void {
    for (const { key } of this.#flights.awaitedOf(ownerOf(asker))) this.#giveUp(client, key);
    asker.exchange?.rendered();
  }

  /** A generation ended without a value for others. */
  #giveUp(client: Client, key: Key): void {
    client.decline(key);
    this.#flights.abandoned(key);
  }

  async #set(
    client: Client,
    subject: Subject,
    value: RouteValue | null,
    context: CallContext,
    visit: Visit,
  ): Promise<void> {
    const { events, request, exchange } = this.#parts;
    const clock = this.#clock;
    const { space, key } = subject;
    const began = visit.beganAt(key);
    const retained = value ? this.#handedOut.get(value) : undefined;
    if (retained === UNKNOWN) return this.#giveUp(client, key);
    const generatedAt = retained || space === 'image' ? clock() : began;
    const cacheControl = space === 'fetch' ? undefined : context.cacheControl;
    const record = { value, cacheControl, lived: 0 };
    const life = lifeOf(record);
    if (life.expire === 0 || isNeverFresh(record)) return this.#giveUp(client, key);
    const stored = {
      value: [encode(record)],
      tags: tagsOf(subject, value, context),
      life,
      generatedAt,
      ...(retained && { asof: retained }),
    };
    const replaces =
      space === 'fetch'
        ? request()?.isOnDemandRevalidate === true
        : await isOnDemand(subject, visit);
    const taken = client.take(key, Promise.resolve(stored), { replaces, whole: space === 'route' });
    this.#flights.arrived(key);
    if (space === 'route') this.#finish(client, { visit, exchange: exchange() });
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

/** Who asks: in which request, as far as that can be told, and for whom. */
interface Asker {
  readonly visit: Visit;
  readonly exchange: Exchange | undefined;
  readonly reader: Consumer;
}

/** Whose a generation is. */
function ownerOf({ visit, exchange }: Pick<Asker, 'visit' | 'exchange'>): object {
  return exchange ?? visit;
}

/** Whether a page is rendered whatever is found, by the right of whoever asks for that. */
async function isOnDemand({ build }: Subject, { demand }: Visit): Promise<boolean> {
  return build !== undefined && demand !== undefined && build.trusts(demand);
}

/** Whether nothing is rendered whatever is found: a navigation only wants the state of a page. */
function isOnlyRead({ space }: Subject, { isRoutePPREnabled }: CallContext, visit: Visit): boolean {
  return space === 'route' && isRoutePPREnabled === true && visit.navigates;
}

/** Whether the server said that there is nothing. */
function isMiss({ lookup }: Found): boolean {
  return lookup.state === 'miss' && lookup.answered;
}

/** Whether the server did not say whether there is something. */
function isUnknown({ lookup }: Found): boolean {
  return lookup.state === 'miss' && !lookup.answered;
}

/** A value as Next.js' own disk cache answers it: data it must not take for that of a whole page. */
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
