/** What a response or a value may be used for, as Next.js says it, in seconds. */
export interface CacheControl {
  /** After which it is served once more and regenerated; `false` is never. */
  readonly revalidate: number | false;
  /** After which it is never served; `undefined` is never. */
  readonly expire?: number | undefined;
}

/** Headers as Node.js sends them. */
export type Headers = Record<string, number | string | readonly string[] | undefined>;

/**
 * A page of the App Router. The types here are those of Next.js' `IncrementalCacheValue`, as far as
 * all of 16 agree on them.
 */
export interface AppPage {
  readonly kind: 'APP_PAGE';
  readonly html: string;
  /** What a navigation in the browser needs of it. */
  readonly rscData?: Buffer | undefined;
  /** The state of a page with holes that are rendered at each request. */
  readonly postponed?: string | undefined;
  /** What a browser prefetches, by path within the page. */
  readonly segmentData?: Map<string, Buffer> | undefined;
  readonly headers?: Headers | undefined;
  readonly status?: number | undefined;
}

/** The response of a route handler. */
export interface AppRoute {
  readonly kind: 'APP_ROUTE';
  readonly body: Buffer;
  readonly status: number;
  readonly headers: Headers;
}

/** A page of the Pages Router. */
export interface PagesPage {
  readonly kind: 'PAGES';
  readonly html: string;
  readonly pageData: object;
  readonly headers?: Headers | undefined;
  readonly status?: number | undefined;
}

/** What `getStaticProps` answered with a redirect. */
export interface Redirect {
  readonly kind: 'REDIRECT';
  readonly props: object;
}

/** A response `fetch` got, or a value of `unstable_cache`. */
export interface Fetched {
  readonly kind: 'FETCH';
  readonly data: {
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** Base64 of a response; JSON for `unstable_cache`, and nothing for its `undefined`. */
    readonly body?: string | undefined;
    readonly status?: number | undefined;
    readonly url?: string | undefined;
  };
  /** Seconds. */
  readonly revalidate: number;
}

/** An optimised image. */
export interface OptimisedImage {
  readonly kind: 'IMAGE';
  readonly buffer: Buffer;
  readonly etag: string;
  readonly upstreamEtag: string;
  readonly extension: string;
  /** Seconds. */
  readonly revalidate?: number | undefined;
}

/** What Next.js keeps in its route cache. */
export type RouteValue = AppPage | AppRoute | PagesPage | Redirect | Fetched | OptimisedImage;

/** A value of the route cache with what is kept beside it. */
export interface RouteRecord {
  /** `null` is a page that was not found. */
  readonly value: RouteValue | null;
  /** As Next.js gave it; undefined for a `fetch`, which carries its own. */
  readonly cacheControl: CacheControl | undefined;
  /** Milliseconds it had lived when it was stored. */
  readonly lived: number;
}
