import { pathnameOf, pathOf } from './key.js';
import type { RouteAnswer } from './life.js';
import { askedFor, readSeed } from './seed.js';
import type { CallContext, RouteKey } from './route-key.js';

/*
 * What Next.js does with a page that is missing is not always to render it. Until 16.2 it takes a
 * path the build found nothing at for not found, and would do so for ever. Since 16.3, under Cache
 * Components, it answers who asks for a page of the build from the shell of its route: it resumes that
 * with what the build had, for ever, and a navigation finds no data in it: it is not found. In all
 * these cases -1 has it render the page. (Until 16.2 it would serve what it is given beside that.)
 */

/**
 * What there is of a page that is missing, where Next.js needs something to render it.
 *
 * @param resumable whether Next.js renders a page with holes anew, rather than resume what it is
 *   given
 * @returns `null` where Next.js is to be told that there is nothing
 */
export async function remainder(
  { build, cacheKey }: RouteKey,
  context: CallContext,
  resumable: boolean,
): Promise<RouteAnswer | null> {
  if (!build) return null;
  if (pathnameOf(cacheKey) === cacheKey) {
    const lacking = context.kind === 'PAGES' && (await build.lacks(pathOf(cacheKey)));
    return lacking ? { value: null, lastModified: -1 } : null;
  }
  if (context.kind !== 'APP_PAGE' || !context.isRoutePPREnabled || context.isFallback) return null;
  const { value } = (await readSeed(build, cacheKey, askedFor(context))) ?? {};
  if (value?.kind !== 'APP_PAGE' || (value.postponed != null && !resumable)) return null;
  return { value, lastModified: -1 };
}
