import type { Value } from './value.js';

/** The version of the protocol spoken here. */
export const PROTOCOL_VERSION = 1;

/** Seconds that mean *never*, as Next.js writes them; anything above means the same. */
export const NEVER = 0xfffffffe;

/** The lease of a caller that was granted none. */
export const NO_LEASE = 0n;

/** A point in the history of a namespace. */
export interface AsOf {
  /** The random number born with the history. Revisions of two identities do not compare. */
  readonly identity: bigint;
  /** The number of invalidations up to this point. */
  readonly revision: bigint;
}

/** The absence of a known point. */
export const UNKNOWN: AsOf = { identity: 0n, revision: 0n };

/** A cache life, in whole seconds; `NEVER` and above mean never. */
export interface Life {
  readonly stale: number;
  readonly revalidate: number;
  readonly expire: number;
}

/** What is cached under a key, without its revision. */
export interface Content {
  readonly tags: readonly string[];
  readonly life: Life;
  /** How long before the frame was sent generation began, in whole milliseconds. */
  readonly age: number;
  /** The CRC-32 its sender computed over `value`. */
  readonly checksum: number;
  readonly value: Value;
}

/** An entry as the server answers it. */
export interface Entry {
  /** The revision it was generated as of. */
  readonly revision: bigint;
  readonly content: Content;
}

/** One invalidation of a namespace. */
export interface Invalidation {
  readonly revision: bigint;
  /** Milliseconds: 0 is expired now, otherwise stale now and expired after it; `Infinity` never. */
  readonly expiresIn: number;
  readonly tags: readonly string[];
}

/** What became of a put, in the order of its codes. */
export const OUTCOMES = ['stored', 'expired', 'superseded', 'unstamped', 'dropped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a frame was refused, in the order of its codes, which begin at 1. */
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
] as const;
export type ErrorName = (typeof ERRORS)[number];

/** The payload of every operation, by its name in the protocol. */
export interface Payloads {
  HELLO: { readonly version: number; readonly client: string; readonly known: AsOf };
  LOOKUP: {
    readonly key: Uint8Array;
    readonly softTags: readonly string[];
    readonly leaseWanted: boolean;
    /** Milliseconds. */
    readonly waitBudget: number;
  };
  PUT: {
    readonly key: Uint8Array;
    readonly asof: AsOf;
    readonly lease: bigint;
    readonly content: Content;
  };
  RELEASE: { readonly key: Uint8Array; readonly lease: bigint };
  RENEW: { readonly key: Uint8Array; readonly lease: bigint };
  /** `expire` in seconds: 0 is now, `NEVER` is stale for ever. */
  INVALIDATE: { readonly tags: readonly string[]; readonly expire: number };
  REFRESH: { readonly known: AsOf };
  CANCEL: { readonly lookup: number };
  PING: object;
  /** `count` is at most 4096. */
  HOTTEST: { readonly count: number };

  /** `heartbeat` and `lease` in milliseconds, `frameLimit` in bytes. */
  WELCOME: {
    readonly version: number;
    readonly current: AsOf;
    readonly heartbeat: number;
    readonly lease: number;
    readonly frameLimit: number;
    readonly server: string;
  };
  FRESH: { readonly current: AsOf; readonly entry: Entry };
  STALE: { readonly current: AsOf; readonly lease: bigint; readonly entry: Entry };
  MISS: { readonly current: AsOf; readonly lease: bigint };
  STORED: { readonly outcome: Outcome };
  RELEASED: { readonly held: boolean };
  RENEWED: { readonly held: boolean };
  INVALIDATED: { readonly asof: AsOf };
  /** Every invalidation after `since` and up to `current` that can still matter, in order. */
  REFRESHED: {
    readonly current: AsOf;
    readonly since: bigint;
    readonly invalidations: readonly Invalidation[];
  };
  PONG: object;
  /** The hottest first; `size` is in bytes of the value. */
  KEYS: { readonly keys: readonly { readonly key: Uint8Array; readonly size: number }[] };
  INVALIDATION: { readonly identity: bigint; readonly invalidation: Invalidation };
  /** The server is about to stop; another one will do what is asked from now on. */
  LEAVING: object;
  ERROR: { readonly code: ErrorName; readonly message: string };
}

/** The name of an operation. */
export type Operation = keyof Payloads;

/** A frame of operation `O`, or of any. */
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
    | 'HOTTEST',
> = { [P in O]: { readonly operation: P } & Payloads[P] }[O];

/** A frame that answers a request. */
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
