import {
  ERRORS,
  OUTCOMES,
  type Frame,
  type Operation,
  type Payloads,
  type Request,
} from './frame.js';
import { MalformedFrame, Reader } from './reader.js';
import type { Writer } from './writer.js';

export { MalformedFrame } from './reader.js';

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

/** The operations by their codes. */
const OPERATIONS = new Map<number, Operation>(
  (Object.keys(CODECS) as Operation[]).map((operation) => [CODECS[operation].code, operation]),
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
  const codec = CODECS[frame.operation] as Codec<Payloads[Operation]>;
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
    const operation = OPERATIONS.get(code);
    if (!operation) throw new MalformedFrame(`operation ${code}`);
    const requestId = from.u32();
    const payload = CODECS[operation].read(from);
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
