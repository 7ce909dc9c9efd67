import { processParts } from './handlers.js';
import type { RouteAnswer } from '../route/life.js';
import type { CallContext } from '../route/route-key.js';
import type { RouteValue } from '../route/value.js';
import { RequestScope, type HandlerContext } from '../route/request-scope.js';

// Which requests are being answered is known from here on.
processParts();

/**
 * What Next.js constructs for each request from the module its `cacheHandler` names. All of them
 * share the one client of this process.
 */
export default class LarderCacheHandler {
  readonly #scope: RequestScope;

  constructor(context?: HandlerContext) {
    this.#scope = new RequestScope(context, processParts().time.now);
  }

  /**
   * The page, route, fetched value or image of a key; `null` when it must be generated. Never
   * rejects.
   */
  get(cacheKey: string, context?: CallContext): Promise<RouteAnswer | null> {
    return processParts().routes.get(cacheKey, context ?? {}, this.#scope);
  }

  /** Takes what was generated; `null` is a page that was not found. Never rejects. */
  set(cacheKey: string, value: RouteValue | null, context?: CallContext): Promise<void> {
    return processParts().routes.set(cacheKey, value, context ?? {}, this.#scope);
  }

  /**
   * Invalidates tags, now or stale at first. Done means true on every instance.
   *
   * @throws Error when that could not be confirmed in time
   */
  revalidateTag(tags: string | readonly string[], durations?: { expire?: number }): Promise<void> {
    return processParts().handler.updateTags([tags].flat() as string[], durations);
  }

  /** Nothing is kept that a request could see again. */
  resetRequestCache(): void {}
}
