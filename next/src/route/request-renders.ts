import type { Client } from '../client/client.js';
import type { Consumer } from '../host/next-context.js';
import type { ServedRequest } from '../host/request.js';
import type { Key } from '../entry/key.js';
import type { Clock } from '../runtime/clock.js';
import { within } from '../runtime/within.js';
import { Renders } from './renders.js';
import type { RouteKey } from './route-key.js';
import type { RequestScope } from './request-scope.js';

/** Who asks: in which request, as far as that is known, and for whom. */
export interface Asker {
  /** What Next.js constructed a handler for. */
  readonly scope: RequestScope;
  /** Undefined outside a request, and for one that came before this process watched. */
  readonly exchange: ServedRequest | undefined;
  /** A page, or something that stores what it reads. */
  readonly reader: Consumer;
}

/** Whose a generation is. */
function ownerOf({ scope, exchange }: Pick<Asker, 'scope' | 'exchange'>): object {
  return exchange ?? scope;
}

/**
 * The renders of this process, each tied to the lease it holds and to the request it is for: begun
 * when a lookup grants the lease, given up when that request can bring nothing any more.
 *
 * It exists because Next.js does not tell its handler when it generates nothing after all
 * (`host/request.ts`).
 */
export class RequestRenders {
  readonly #clock: Clock;
  readonly #renders: Renders;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#renders = new Renders(clock);
  }

  /**
   * Whether it is of no use to wait for `key`: a generation of it has just ended without a value.
   */
  failedRecently(key: Key): boolean {
    return this.#renders.failedRecently(key);
  }

  /** Somebody waited for `key` in vain, here or elsewhere. */
  failed(key: Key): void {
    this.#renders.failed(key);
  }

  /** The generation of `key` ended with a value. */
  arrived(key: Key): void {
    this.#renders.arrived(key);
  }

  /**
   * Comes to terms with a generation of the same key in this process. One that can bring nothing
   * any more is given up; one of another request that is waited for is waited for, as long as a
   * lookup may.
   *
   * @returns whether it waited: then that time is spent
   */
  async join(client: Client, { space, key }: RouteKey, asker: Asker): Promise<boolean> {
    const render = this.#renders.of(key);
    if (!render) return false;
    const own = render.owner === ownerOf(asker);
    // Next.js asks one after the other: for a page in a process, for what is fetched in a request.
    const ended = space === 'fetch' ? own && render.awaited : space === 'image' || !own;
    if (ended) this.giveUp(client, key);
    if (ended || own || !render.awaited) return false;
    await within(render.settled, client.wait);
    return true;
  }

  /**
   * Notes that what is missing is about to be generated, if it is.
   *
   * @param leased whether the lookup granted the lease
   * @param onlyReads whether the asker renders nothing: then the lease is given back
   */
  due(client: Client, routeKey: RouteKey, asker: Asker, leased: boolean, onlyReads: boolean): void {
    asker.scope.asked(routeKey.key, this.#clock(), routeKey.space !== 'image');
    if (!leased) return;
    if (onlyReads) client.release(routeKey.key);
    else this.#take(client, routeKey, asker, true);
  }

  /** Notes that what is stale is about to be generated behind the answer, if it is. */
  refresh(client: Client, routeKey: RouteKey, asker: Asker): void {
    // Next.js does not refresh what a browser only fetches ahead.
    if (routeKey.space === 'route' && asker.exchange?.prefetches)
      return client.release(routeKey.key);
    if (routeKey.space === 'route') asker.exchange?.rendersBehind();
    this.#take(client, routeKey, asker, false);
  }

  /**
   * Takes a lease that was granted, unless it was of no use before: then nobody is to wait for it.
   */
  #take(client: Client, { space, key }: RouteKey, asker: Asker, awaited: boolean): void {
    if (this.#renders.failedRecently(key)) return client.release(key);
    this.#renders.begin(key, { space, owner: ownerOf(asker), awaited });
    if (!awaited) return;
    const render = this.#renders.of(key);
    const end = (): void => {
      if (this.#renders.of(key) === render) this.giveUp(client, key);
    };
    // A page is waited for by its request; what it fetches belongs to what is rendered.
    asker.exchange?.whenOver(
      space !== 'fetch' || asker.reader === 'page' ? 'answer' : 'render',
      end,
    );
  }

  /**
   * Gives up the pages this request was to generate before it looked for another one: Next.js
   * serves a shell in place of a page that is missing, and may render the page behind that.
   */
  movedOn(client: Client, key: Key, asker: Asker): void {
    const { exchange } = asker;
    if (!exchange) return;
    for (const render of this.#renders.awaitedOf(exchange)) {
      if (render.space !== 'route' || render.key.id === key.id) continue;
      exchange.rendersBehind();
      this.giveUp(client, render.key);
    }
  }

  /**
   * Gives up what a request began and will not end. Called when the page of a request has arrived:
   * what it read is complete.
   */
  finish(client: Client, asker: Pick<Asker, 'scope' | 'exchange'>): void {
    for (const { key } of this.#renders.awaitedOf(ownerOf(asker))) this.giveUp(client, key);
    asker.exchange?.rendered();
  }

  /**
   * A generation ended without a value for others. Its lease is declined, so that nobody waits, and
   * nobody does so for a while.
   */
  giveUp(client: Client, key: Key): void {
    client.decline(key);
    this.#renders.abandoned(key);
  }
}
