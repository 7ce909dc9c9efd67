import {
  ERRORS,
  KINDS,
  OUTCOMES,
  type Entry,
  type Frame,
  type Operation,
  type Payloads,
  type Report,
  type Request,
} from './frame.js';
import { MalformedFrame, Reader } from './reader.js';
import type { Writer } from './writer.js';

export { MalformedFrame } from './reader.js';

/*
 * How it works. Every operation has one codec: the number it has on the wire, how its payload is
 * written, and how it is read, side by side, in the order of the tables of `docs/protocol.md`. The
 * types of `frame.ts` keep both from saying something else. A few operations have a second, longer
 * codec, for what version 2 knows more; `fits` says which payloads need it, so that whoever makes a
 * frame does not choose.
 *
 * `write` and `read` know what all frames have: length, operation, request id. What a field is, in
 * bytes, is for `Writer` and `Reader`; the limits of fields are checked there, too. So a change of
 * the protocol is one entry here, one type in `frame.ts`, and one golden vector, which the tests of
 * both languages read.
 */

/** How one operation's payload becomes bytes, and bytes become it. */
interface Codec<P> {
  /** The number of the operation, a u8. */
  readonly code: number;
  write(to: Writer, payload: P): void;
  read(from: Reader): P;
}

/** How each payload looks, in the order of the protocol's tables. */
const CODECS: { readonly [O in Operation]: Codec<Payloads[O]> } = {
  HELLO: {
    code: 0x01,
    write(to, { version, client, known }) {
      to.u8(version);
      to.text(client);
      to.asof(known);
    },
    read: (from) => ({ version: from.u8(), client: from.text(), known: from.asof() }),
  },
  LOOKUP: {
    code: 0x02,
    write(to, { key, softTags, leaseWanted, waitBudget }) {
      to.key(key);
      to.tags(softTags);
      to.flag(leaseWanted);
      to.u32(waitBudget);
    },
    read: (from) => ({
      key: from.key(),
      softTags: from.tags(),
      leaseWanted: from.flag(),
      waitBudget: from.u32(),
    }),
  },
  PUT: {
    code: 0x03,
    write(to, { key, asof, lease, content }) {
      to.key(key);
      to.asof(asof);
      to.u64(lease);
      to.content(content);
    },
    read: (from) => ({
      key: from.key(),
      asof: from.asof(),
      lease: from.u64(),
      content: from.content(),
    }),
  },
  RELEASE: leaseCodec(0x04),
  RENEW: leaseCodec(0x05),
  INVALIDATE: {
    code: 0x06,
    write(to, { tags, expire }) {
      to.tags(tags);
      to.u32(expire);
    },
    read: (from) => ({ tags: from.tags(), expire: from.u32() }),
  },
  IDENTIFY: {
    code: 0x0b,
    write(to, identity) {
      to.text(identity.instance);
      to.text(identity.host);
      to.u32(identity.pid);
      for (const name of NAMED) to.text(identity[name]);
    },
    read: (from) => ({
      instance: from.text(),
      host: from.text(),
      pid: from.u32(),
      client: from.text(),
      framework: from.text(),
      runtime: from.text(),
      build: from.text(),
      consistency: from.text(),
      transport: from.text(),
    }),
  },
  REPORT: {
    code: 0x0c,
    write(to, { known, lookups, saved, near, hottest, renders }) {
      to.asof(known);
      for (const outcome of REPORTED) to.u32(lookups[outcome]);
      to.u64(BigInt(saved));
      to.u32(near.entries);
      to.u64(BigInt(near.bytes));
      to.u64(BigInt(near.limit));
      to.u8(hottest.length);
      for (const { key, count } of hottest) {
        to.key(key);
        to.u32(count);
      }
      to.u8(renders.length);
      for (const { path, keys } of renders) {
        to.text(path);
        to.u8(keys.length);
        for (const key of keys) to.key(key);
      }
    },
    read(from) {
      const known = from.asof();
      const [near, fresh, stale, miss, bypass, failed] = REPORTED.map(() => from.u32());
      const lookups = { near, fresh, stale, miss, bypass, failed } as Report['lookups'];
      const saved = Number(from.u64());
      const kept = {
        entries: from.u32(),
        bytes: Number(from.u64()),
        limit: Number(from.u64()),
      };
      const hottest = [];
      for (let left = from.u8(); left > 0; left--)
        hottest.push({ key: from.key(), count: from.u32() });
      const renders = [];
      for (let left = from.u8(); left > 0; left--) {
        const path = from.text();
        const keys = [];
        for (let missing = from.u8(); missing > 0; missing--) keys.push(from.key());
        renders.push({ path, keys });
      }
      return { known, lookups, saved, near: kept, hottest, renders };
    },
  },
  PATHS: {
    code: 0x0f,
    write(to, { paths }) {
      to.u16(paths.length);
      for (const { path, count } of paths) {
        to.text(path);
        to.u32(count);
      }
    },
    read(from) {
      const paths = [];
      for (let left = from.u16(); left > 0; left--)
        paths.push({ path: from.text(), count: from.u32() });
      return { paths };
    },
  },
  REFRESH: {
    code: 0x07,
    write: (to, { known }) => to.asof(known),
    read: (from) => ({ known: from.asof() }),
  },
  CANCEL: {
    code: 0x08,
    write: (to, { lookup }) => to.u32(lookup),
    read: (from) => ({ lookup: from.u32() }),
  },
  PING: emptyCodec(0x09),
  HOTTEST: {
    code: 0x0a,
    write: (to, { count }) => to.u32(count),
    read: (from) => ({ count: from.u32() }),
  },

  WELCOME: {
    code: 0x81,
    write(to, { version, current, heartbeat, lease, frameLimit, server }) {
      to.u8(version);
      to.asof(current);
      to.u32(heartbeat);
      to.u32(lease);
      to.u32(frameLimit);
      to.text(server);
    },
    read: (from) => ({
      version: from.u8(),
      current: from.asof(),
      heartbeat: from.u32(),
      lease: from.u32(),
      frameLimit: from.u32(),
      server: from.text(),
    }),
  },
  FRESH: {
    code: 0x82,
    write(to, { current, entry }) {
      to.asof(current);
      to.entry(entry);
    },
    read: (from) => ({ current: from.asof(), entry: from.entry() }),
  },
  STALE: {
    code: 0x83,
    write(to, { current, lease, entry }) {
      to.asof(current);
      to.u64(lease);
      to.entry(entry);
    },
    read: (from) => ({ current: from.asof(), lease: from.u64(), entry: from.entry() }),
  },
  MISS: {
    code: 0x84,
    write(to, { current, lease }) {
      to.asof(current);
      to.u64(lease);
    },
    read: (from) => ({ current: from.asof(), lease: from.u64() }),
  },
  STORED: {
    code: 0x85,
    write: (to, { outcome }) => to.u8(OUTCOMES.indexOf(outcome)),
    read: (from) => ({ outcome: from.name(OUTCOMES, from.u8(), 0) }),
  },
  RELEASED: heldCodec(0x86),
  RENEWED: heldCodec(0x87),
  INVALIDATED: {
    code: 0x88,
    write: (to, { asof }) => to.asof(asof),
    read: (from) => ({ asof: from.asof() }),
  },
  REFRESHED: {
    code: 0x89,
    write(to, { current, since, invalidations }) {
      to.asof(current);
      to.u64(since);
      to.u32(invalidations.length);
      for (const invalidation of invalidations) to.invalidation(invalidation);
    },
    read(from) {
      const current = from.asof();
      const since = from.u64();
      const invalidations = [];
      for (let left = from.u32(); left > 0; left--) invalidations.push(from.invalidation());
      return { current, since, invalidations };
    },
  },
  PONG: emptyCodec(0x8a),
  KEYS: {
    code: 0x8b,
    write(to, { keys }) {
      to.u32(keys.length);
      for (const { key, size } of keys) {
        to.key(key);
        to.u32(size);
      }
    },
    read(from) {
      const keys = [];
      for (let left = from.u32(); left > 0; left--)
        keys.push({ key: from.key(), size: from.u32() });
      return { keys };
    },
  },
  INVALIDATION: {
    code: 0x90,
    write(to, { identity, invalidation }) {
      to.u64(identity);
      to.invalidation(invalidation);
    },
    read: (from) => ({ identity: from.u64(), invalidation: from.invalidation() }),
  },
  LEAVING: emptyCodec(0x91),
  ERROR: {
    code: 0xff,
    write(to, { code, message }) {
      to.u16(ERRORS.indexOf(code) + 1);
      to.text(message);
    },
    read: (from) => ({ code: from.name(ERRORS, from.u16(), 1), message: from.text() }),
  },
};

/** The texts of an identity after its number, in their order. */
const NAMED = ['client', 'framework', 'runtime', 'build', 'consistency', 'transport'] as const;

/** The outcomes of a report, in their order. */
const REPORTED = ['near', 'fresh', 'stale', 'miss', 'bypass', 'failed'] as const;

/** A longer form of an operation, for a payload that has what only that can hold. */
interface LongForm<P> extends Codec<P> {
  fits(payload: P): boolean;
}

const LONG_FORMS: { readonly [O in Operation]?: LongForm<Payloads[O]> } = {
  PUT: {
    code: 0x0d,
    fits: ({ origin }) => origin !== undefined,
    write(to, { key, asof, lease, origin, content }) {
      to.key(key);
      to.asof(asof);
      to.u64(lease);
      to.text(origin!.label);
      to.u8(KINDS.indexOf(origin!.kind));
      to.text(origin!.build);
      to.text(origin!.instance);
      to.u32(origin!.generation);
      to.content(content);
    },
    read: (from) => ({
      key: from.key(),
      asof: from.asof(),
      lease: from.u64(),
      origin: {
        label: from.text(),
        kind: from.name(KINDS, from.u8(), 0),
        build: from.text(),
        instance: from.text(),
        generation: from.u32(),
      },
      content: from.content(),
    }),
  },
  INVALIDATE: {
    code: 0x0e,
    fits: ({ source }) => source !== undefined,
    write(to, { tags, expire, source }) {
      to.tags(tags);
      to.u32(expire);
      to.text(source!.action);
      to.text(source!.path);
      to.text(source!.instance);
    },
    read: (from) => ({
      tags: from.tags(),
      expire: from.u32(),
      source: { action: from.text(), path: from.text(), instance: from.text() },
    }),
  },
  FRESH: {
    code: 0x8c,
    fits: ({ entry }) => Boolean(entry.generation),
    write(to, { current, entry }) {
      to.asof(current);
      to.u32(entry.generation!);
      to.entry(entry);
    },
    read: (from) => ({ current: from.asof(), entry: timedEntry(from) }),
  },
  STALE: {
    code: 0x8d,
    fits: ({ entry }) => Boolean(entry.generation),
    write(to, { current, lease, entry }) {
      to.asof(current);
      to.u64(lease);
      to.u32(entry.generation!);
      to.entry(entry);
    },
    read: (from) => ({ current: from.asof(), lease: from.u64(), entry: timedEntry(from) }),
  },
};

function timedEntry(from: Reader): Entry {
  const generation = from.u32();
  return { ...from.entry(), generation };
}

/** How a frame is read, by its code. */
const READERS = new Map<number, readonly [Operation, Codec<object>]>(
  [CODECS, LONG_FORMS].flatMap((codecs) =>
    (Object.entries(codecs) as [Operation, Codec<object>][]).map(
      ([operation, codec]) => [codec.code, [operation, codec]] as const,
    ),
  ),
);

/**
 * Appends one frame to `to`. The value of a PUT is not copied when it is large (`LIMITS.fragment`):
 * the frame holds views of it until `to` is sent.
 *
 * @param requestId where the frame has none of its own yet
 * @throws RangeError when a field does not fit its type, or is beyond a limit; nothing is appended
 *   then
 */
export function write(to: Writer, frame: Frame): void;
export function write(to: Writer, request: Request, requestId: number): void;
export function write(
  to: Writer,
  frame: Frame | Request,
  requestId = (frame as Frame).requestId,
): void {
  const mark = to.length;
  const long = LONG_FORMS[frame.operation] as LongForm<Payloads[Operation]> | undefined;
  const codec = (long?.fits(frame) ? long : CODECS[frame.operation]) as Codec<Payloads[Operation]>;
  try {
    to.begin();
    to.u8(codec.code);
    to.u32(requestId);
    codec.write(to, frame);
    to.end(mark);
  } catch (error) {
    to.truncate(mark);
    throw error;
  }
}

/**
 * The frames of one message, in the parts it came in, each decoded when it is reached. Keys and
 * values are views of the parts; only what lies across a border between them, and is no large
 * value, is copied.
 *
 * A frame is decoded when the iteration comes to it, so those before a faulty one have been seen.
 *
 * @throws MalformedFrame when the message does not consist of whole, known frames
 */
export function* read(message: readonly Buffer[]): Generator<Frame, void> {
  const from = new Reader(message);
  while (from.more) {
    const code = from.begin();
    const known = READERS.get(code);
    if (!known) throw new MalformedFrame(`operation ${code}`);
    const [operation, codec] = known;
    const requestId = from.u32();
    const payload = codec.read(from);
    from.end();
    yield { operation, requestId, ...payload } as Frame;
  }
}

/** Of the requests that name a lease and its key. */
function leaseCodec(code: number): Codec<Payloads['RELEASE']> {
  return {
    code,
    write(to, { key, lease }) {
      to.key(key);
      to.u64(lease);
    },
    read: (from) => ({ key: from.key(), lease: from.u64() }),
  };
}

/** Of the answers that say whether a lease was held. */
function heldCodec(code: number): Codec<Payloads['RELEASED']> {
  return {
    code,
    write: (to, { held }) => to.flag(held),
    read: (from) => ({ held: from.flag() }),
  };
}

/** Of operations without a payload. */
function emptyCodec(code: number): Codec<object> {
  return { code, write: () => {}, read: () => ({}) };
}
