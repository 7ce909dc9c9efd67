import type { Key } from '../entry/key.js';
import { buildIn, type Build } from './build.js';
import { pathnameOf, pathTags, pageKey, sharedKey, type Space } from './key.js';
import { joinedTags } from '../wire/tag-names.js';
import type { CacheControl, RouteValue } from './value.js';
import type { RequestScope } from './request-scope.js';

/** What Next.js says beside a key, in `get` and in `set`. All of it may be absent. */
export interface CallContext {
  readonly kind?: RouteValue['kind'];
  readonly isFallback?: boolean;
  readonly isRoutePPREnabled?: boolean;
  readonly fetchCache?: boolean;
  readonly tags?: readonly string[];
  readonly softTags?: readonly string[];
  readonly revalidate?: number | false;
  readonly cacheControl?: CacheControl;
}

/** What a call is about. */
export interface RouteKey {
  readonly space: Space;
  /** As Next.js names it. */
  readonly cacheKey: string;
  readonly key: Key;
  /** The build of a page or route. */
  readonly build: Build | undefined;
}

/**
 * What a call is about; undefined for a page of a build that cannot be told, which must not be mixed
 * with those of other builds.
 */
export function routeKeyOf(
  cacheKey: string,
  context: CallContext,
  value: RouteValue | null | undefined,
  scope: RequestScope,
): RouteKey | undefined {
  const space = spaceOf(context.kind ?? value?.kind, context);
  if (space !== 'route') {
    return { space, cacheKey, key: sharedKey(space, cacheKey), build: undefined };
  }
  const build = buildIn(scope.serverDistDir);
  return build && { space, cacheKey, key: pageKey(build.id, cacheKey), build };
}

/** The tags a value is stored with. */
export function tagsOf(
  { space, cacheKey }: Pick<RouteKey, 'space' | 'cacheKey'>,
  value: RouteValue | null,
  { tags = [] }: CallContext = {},
): readonly string[] {
  if (space === 'image') return [];
  if (space === 'fetch') return [...tags];
  const headers = value && 'headers' in value ? value.headers : undefined;
  const named = headers?.['x-next-cache-tags'];
  if (typeof named === 'string') return joinedTags(named);
  return pathTags(pathnameOf(cacheKey));
}

/** Whether a value belongs where it was found. */
export function isOf(space: Space, value: RouteValue | null): boolean {
  return spaceOf(value?.kind, {}) === space;
}

function spaceOf(kind: RouteValue['kind'] | undefined, { fetchCache }: CallContext): Space {
  if (kind === 'FETCH' || fetchCache === true) return 'fetch';
  return kind === 'IMAGE' ? 'image' : 'route';
}
