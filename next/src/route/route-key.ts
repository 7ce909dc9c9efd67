import type { Key } from '../entry/key.js';
import type { Stored } from '../entry/stored.js';
import { buildIn, type Build } from './build.js';
import { pathnameOf, pathOf, pathTags, pageKey, sharedKey, type Space } from './key.js';
import { withoutQuery } from '../wire/label.js';
import { joinedTags } from '../wire/tag-names.js';
import type { CacheControl, RouteValue } from './value.js';
import type { RequestScope } from './request-scope.js';

/**
 * What Next.js says beside a key, in `get` and in `set`. All of it may be absent. What it means
 * differs by version of Next.js.
 */
export interface CallContext {
  /** In `get`; in `set` the value says it. */
  readonly kind?: RouteValue['kind'];
  /** Whether the shell of a dynamic route is meant. */
  readonly isFallback?: boolean;
  /** Whether the page may have holes that are rendered at each request. */
  readonly isRoutePPREnabled?: boolean;
  /** Whether it is a `fetch` or an `unstable_cache`, in `set`. */
  readonly fetchCache?: boolean;
  /** Those of a `fetch` itself. */
  readonly tags?: readonly string[];
  /** Those of the path that reads, for a `fetch`. */
  readonly softTags?: readonly string[];
  /** Seconds for which the reader of a `fetch` takes it for fresh; `false` is for ever. */
  readonly revalidate?: number | false;
  /** The life of a page or image, in `set`. */
  readonly cacheControl?: CacheControl;
}

/** What a call is about. */
export interface RouteKey {
  /** Who shares it. */
  readonly space: Space;
  /** As Next.js names it. */
  readonly cacheKey: string;
  /** The key it has in Larder. */
  readonly key: Key;
  /** The build of a page or route. */
  readonly build: Build | undefined;
}

/**
 * What a call is about; undefined for a page of a build that is not known, which must not be
 * mixed with those of other builds.
 *
 * @param value in `set`; undefined in `get`
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

/**
 * The tags a value is stored with. A `fetch` has those it was given; a page those in its header, or
 * the ones of its path where it has no such header; an image has none.
 */
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

/** Where a value comes from: its label, which cache of Next.js it is of, and the build of a page. */
export function originOf(
  { space, cacheKey, build }: Pick<RouteKey, 'space' | 'cacheKey' | 'build'>,
  value: RouteValue | null,
): Pick<Stored, 'label' | 'kind' | 'build'> {
  if (space === 'route')
    return {
      label: pathOf(pathnameOf(cacheKey)),
      kind: value?.kind === 'APP_ROUTE' ? 'route' : 'page',
      build: build?.id ?? '',
    };
  return { label: value?.kind === 'FETCH' ? withoutQuery(value.data.url ?? '') : '', kind: space };
}

/** Whether a value belongs where it was found. */
export function isOf(space: Space, value: RouteValue | null): boolean {
  return spaceOf(value?.kind, {}) === space;
}

function spaceOf(kind: RouteValue['kind'] | undefined, { fetchCache }: CallContext): Space {
  if (kind === 'FETCH' || fetchCache === true) return 'fetch';
  return kind === 'IMAGE' ? 'image' : 'route';
}
