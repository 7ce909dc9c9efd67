import type { Value } from './value.js';

/**
 * The version of the protocol spoken here. Both sides name it in the handshake; `docs/protocol.md`
 * describes every byte of it.
 */
export const PROTOCOL_VERSION = 3;

/** The oldest version of a server that is understood here. */
export const OLDEST_VERSION = 1;

/** Seconds that mean *never*, as Next.js writes them; anything above means the same. */
export const NEVER = 0xfffffffe;

/**
 * The lease of a caller that was granted none. On the wire it is 0, in a request as in an answer.
 */
export const NO_LEASE = 0n;

/**
 * A point in the history of a namespace. All points of one history are in one order; each
 * invalidation is one, and nothing else is.
 */
export interface AsOf {
  /** The random number born with the history. Revisions of two identities do not compare. */
  readonly identity: bigint;
  /**
   * The number of invalidations up to this point. A signed 64-bit number for the server, so it
   * stays below 2^63.
   */
  readonly revision: bigint;
}

/**
 * The absence of a known point. No history has this identity. In this process it is compared as the
 * object it is (`===`); it travels as two zeros.
 */
export const UNKNOWN: AsOf = { identity: 0n, revision: 0n };

/**
 * A cache life, in whole seconds; `NEVER` and above mean never. The names and their meaning are
 * those of `cacheLife` in Next.js. `expire` 0 is never served.
 */
export interface Life {
  /** For how long a browser may use it without asking; the server does nothing with it. */
  readonly stale: number;
  /** Age from which it is served once more, and regenerated. */
  readonly revalidate: number;
  /** Age from which it is not served any more. */
  readonly expire: number;
}

/**
 * What is cached under a key, without its revision. An entry travels with its age, and never with a
 * time: clocks of two machines do not agree.
 */
export interface Content {
  /** By their names in the protocol (`nameOf`), at most `LIMITS.entryTags`. */
  readonly tags: readonly string[];
  readonly life: Life;
  /** How long before the frame was sent generation began, in whole milliseconds. */
  readonly age: number;
  /** The CRC-32 its sender computed over `value`. */
  readonly checksum: number;
  /** Views of what was received, or of what is to be sent; nobody writes into them. */
  readonly value: Value;
}

/** An entry as the server answers it. */
export interface Entry {
  /** The revision it was generated as of. */
  readonly revision: bigint;
  readonly content: Content;
  /** Whole milliseconds its generation took, where that is known. */
  readonly generation?: number;
}

/** Which cache made an entry, in the order of the codes. */
export const KINDS = [
  'unknown',
  'use-cache',
  'remote',
  'page',
  'route',
  'fetch',
  'image',
  'java',
] as const;
export type Kind = (typeof KINDS)[number];

/** Where an entry comes from: for people, and so that it goes with its build. */
export interface Origin {
  /** A path, the pattern of a route, the address of a fetch without its query, or a function. */
  readonly label: string;
  readonly kind: Kind;
  /** The only build that finds it; `''` where others may. */
  readonly build: string;
  /** The process that made it. */
  readonly instance: string;
  /** Whole milliseconds its generation took; 0 if that is not known. */
  readonly generation: number;
}

/** Who invalidated, for people. */
export interface InvalidationSource {
  /** What was called, such as `updateTag`. */
  readonly action: string;
  /** The path of the request that called it. */
  readonly path: string;
  readonly instance: string;
}

/** Which process this is, for people. */
export interface Identity {
  /** A random name no other process has. */
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  /** This package and its version. */
  readonly client: string;
  readonly framework: string;
  readonly runtime: string;
  readonly build: string;
  readonly consistency: string;
  readonly transport: string;
}

/** What only this process knows of itself, since its report before. */
export interface Report {
  readonly known: AsOf;
  readonly lookups: Readonly<
    Record<'near' | 'fresh' | 'stale' | 'miss' | 'bypass' | 'failed', number>
  >;
  /** Milliseconds the generations took whose results were served from the near cache. */
  readonly saved: number;
  readonly near: { readonly entries: number; readonly bytes: number; readonly limit: number };
  /** The keys read most in the near cache, at most 16. */
  readonly hottest: readonly { readonly key: Uint8Array; readonly count: number }[];
  /** What paths were made of when they were rendered, at most 32 of at most 64 keys. */
  readonly renders: readonly { readonly path: string; readonly keys: readonly Uint8Array[] }[];
}

/** How often a path of the app was read. */
export interface PathReads {
  /** As it was asked for, without a query: visible ASCII, at most `LIMITS.path` bytes. */
  readonly path: string;
  readonly count: number;
}

/**
 * One invalidation of a namespace. It affects entries stamped before its revision, and no others.
 */
export interface Invalidation {
  /** The point it is in the history. Several may share one in a REFRESHED. */
  readonly revision: bigint;
  /**
   * Milliseconds: 0 is expired now, otherwise stale now and expired after it; `Infinity` never.
   * Counted from the moment the frame was sent.
   */
  readonly expiresIn: number;
  readonly tags: readonly string[];
}

/**
 * What became of a put, in the order of its codes: `stored` also when it was stale already;
 * `expired` by an invalidation after its stamp; `superseded` by an entry of a newer revision;
 * `unstamped` as of no point of this history; `dropped` as the store takes nothing now. None needs
 * a retry.
 */
export const OUTCOMES = ['stored', 'expired', 'superseded', 'unstamped', 'dropped'] as const;
export type StoredOutcome = (typeof OUTCOMES)[number];

/**
 * Why a frame was refused, in the order of its codes, which begin at 1. A code the sender knows and
 * this side does not is a `MalformedFrame`.
 */
export const ERRORS = [
  'malformed',
  'unknown-operation',
  'handshake-required',
  'unsupported-version',
  'invalid-value',
  'too-large',
  'store-unavailable',
  'overloaded',
  'internal',
  'forbidden',
] as const;
export type ErrorName = (typeof ERRORS)[number];

/**
 * The payload of every operation, by its name in the protocol. Requests come first, then answers
 * and pushes, each in the order of its code.
 */
export interface Payloads {
  /**
   * The first frame of a connection or a batch. `client` is a name for the server's log; `known` is
   * the newest point known, or `UNKNOWN`.
   */
  HELLO: { readonly version: number; readonly client: string; readonly known: AsOf };
  /**
   * Asks for the entry of a key. It is answered with FRESH, STALE or MISS, for a reader with these
   * soft tags.
   */
  LOOKUP: {
    readonly key: Uint8Array;
    readonly softTags: readonly string[];
    /**
     * Whether the caller generates what is missing. Without it nothing is granted, and nothing
     * waits.
     */
    readonly leaseWanted: boolean;
    /**
     * Milliseconds the server may hold the answer back while another caller generates; 0 is not at
     * all.
     */
    readonly waitBudget: number;
  };
  /**
   * Stores an entry. An entry with `expire` 0 under a lease says that nothing was generated, or
   * nothing that can be shared.
   */
  PUT: {
    readonly key: Uint8Array;
    /** The point known when generation began. An older one is always safe, a newer one never is. */
    readonly asof: AsOf;
    /** The lease that this ends, or `NO_LEASE`. */
    readonly lease: bigint;
    readonly content: Content;
    /** Not sent to a server of version 1. */
    readonly origin?: Origin;
  };
  /** Ends a lease without an entry: one of those who wait is promoted. */
  RELEASE: { readonly key: Uint8Array; readonly lease: bigint };
  /** Has a lease last as long again, and end with the connection this is sent over. */
  RENEW: { readonly key: Uint8Array; readonly lease: bigint };
  /**
   * Invalidates entries with one of the tags, at most `LIMITS.tags`. `expire` in seconds: 0 is now,
   * `NEVER` is stale for ever.
   */
  INVALIDATE: {
    readonly tags: readonly string[];
    readonly expire: number;
    /** Not sent to a server of version 1. */
    readonly source?: InvalidationSource;
  };
  /** Asks what happened since `known`; `UNKNOWN` asks for all there is to know. */
  REFRESH: { readonly known: AsOf };
  /** Ends the wait of the LOOKUP with this request id. It has no answer of its own. */
  CANCEL: { readonly lookup: number };
  /** Asks for a PONG: any sign of life. */
  PING: object;
  /** Asks for the keys that are read most. `count` is at most 4096. */
  HOTTEST: { readonly count: number };
  /** Not known to a server of version 1, as is REPORT. */
  IDENTIFY: Identity;
  REPORT: Report;
  /** The paths read most since the one before, at most `LIMITS.paths`. New in version 3. */
  PATHS: { readonly paths: readonly PathReads[] };

  /**
   * The answer to HELLO. `heartbeat` and `lease` in milliseconds, `frameLimit` in bytes; `current`
   * is the point from which on everything is pushed; `server` is a name for messages.
   */
  WELCOME: {
    readonly version: number;
    readonly current: AsOf;
    readonly heartbeat: number;
    readonly lease: number;
    readonly frameLimit: number;
    readonly server: string;
  };
  /**
   * An entry to be served. `current` is the point up to which all invalidations were taken into
   * account.
   */
  FRESH: { readonly current: AsOf; readonly entry: Entry };
  /**
   * An entry that may be served, and should be regenerated: here where `lease` is one, elsewhere
   * where it is `NO_LEASE`.
   */
  STALE: { readonly current: AsOf; readonly lease: bigint; readonly entry: Entry };
  /**
   * Nothing usable. With a lease this caller generates; with `NO_LEASE` somebody else does, or
   * nobody waits for it.
   */
  MISS: { readonly current: AsOf; readonly lease: bigint };
  /** The final word on a PUT. */
  STORED: { readonly outcome: StoredOutcome };
  /** `held`: whether the lease was held by this connection. */
  RELEASED: { readonly held: boolean };
  /** `held`: whether the lease is still held by this connection; if not it is gone. */
  RENEWED: { readonly held: boolean };
  /**
   * The invalidation is durable. `asof` is the point it is; of several it was made of, the last.
   */
  INVALIDATED: { readonly asof: AsOf };
  /**
   * Every invalidation after `since` and up to `current` that can still matter, in order. `since`
   * is later than what was asked about where the server cannot list everything from there on.
   */
  REFRESHED: {
    readonly current: AsOf;
    readonly since: bigint;
    readonly invalidations: readonly Invalidation[];
  };
  PONG: object;
  /** The hottest first; `size` is in bytes of the value. */
  KEYS: { readonly keys: readonly { readonly key: Uint8Array; readonly size: number }[] };
  /**
   * A push: the invalidation that follows the one before. A gap between their revisions means that
   * history was missed.
   */
  INVALIDATION: { readonly identity: bigint; readonly invalidation: Invalidation };
  /** The server is about to stop; another one will do what is asked from now on. */
  LEAVING: object;
  /**
   * A request that was refused and changed nothing. A `requestId` of 0 is for a message that could
   * not be read.
   */
  ERROR: { readonly code: ErrorName; readonly message: string };
}

/** The name of an operation. */
export type Operation = keyof Payloads;

/** A frame of operation `O`, or of any. A union over the operations, told apart by `operation`. */
export type Frame<O extends Operation = Operation> = {
  [P in O]: { readonly operation: P; readonly requestId: number } & Payloads[P];
}[O];

/** A frame a client sends, as it is before it has a request id. */
export type Request<
  O extends Operation =
    | 'HELLO'
    | 'LOOKUP'
    | 'PUT'
    | 'RELEASE'
    | 'RENEW'
    | 'INVALIDATE'
    | 'REFRESH'
    | 'CANCEL'
    | 'PING'
    | 'HOTTEST'
    | 'IDENTIFY'
    | 'REPORT'
    | 'PATHS',
> = { [P in O]: { readonly operation: P } & Payloads[P] }[O];

/**
 * A frame that answers a request. It has the request id of what it answers. INVALIDATION and
 * LEAVING are none: they answer nothing.
 */
export type Answer = Frame<
  | 'WELCOME'
  | 'FRESH'
  | 'STALE'
  | 'MISS'
  | 'STORED'
  | 'RELEASED'
  | 'RENEWED'
  | 'INVALIDATED'
  | 'REFRESHED'
  | 'PONG'
  | 'KEYS'
  | 'ERROR'
>;

/** A request as a server of this version knows it; undefined where it does not. */
export function fitting<R extends Request>(request: R, version: number): R | undefined {
  if (version < 3 && request.operation === 'PATHS') return undefined;
  if (version >= 2) return request;
  switch (request.operation) {
    case 'IDENTIFY':
    case 'REPORT':
      return undefined;
    case 'PUT': {
      const { origin: _, ...rest } = request;
      return rest as R;
    }
    case 'INVALIDATE': {
      const { source: _, ...rest } = request;
      return rest as R;
    }
    default:
      return request;
  }
}

/** Whether a server of this version is understood here. */
export function isSpoken(version: number): boolean {
  return version >= OLDEST_VERSION && version <= PROTOCOL_VERSION;
}

/** Whether a server refuses a HELLO of `version`, and an older one can be tried. */
export function isTooNew(answer: Frame | undefined, version: number): boolean {
  return (
    answer?.operation === 'ERROR' &&
    answer.code === 'unsupported-version' &&
    version > OLDEST_VERSION
  );
}
