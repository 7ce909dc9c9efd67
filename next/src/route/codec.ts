import { FORMAT } from './key.js';
import { Packer, Unpacker } from './packer.js';
import type { RouteRecord, RouteValue } from './value.js';

type Kind = RouteValue['kind'];

/** How one kind of value becomes bytes, and bytes become it. */
interface Codec<V> {
  /**
   * What the bytes say it is. A code is never given to another kind; a change of what follows it is
   * a change of `FORMAT`.
   */
  readonly code: number;
  write(to: Packer, value: V): void;
  read(from: Unpacker): V;
}

/** The code of a page that was not found. */
const NOTHING = 0;

/*
 * Buffers travel as the bytes they are. The body of a fetched response, which Next.js holds as
 * base64, does too, unless base64 of its bytes is not what it was: then it is a text.
 */
const CODECS: { readonly [K in Kind]: Codec<Extract<RouteValue, { kind: K }>> } = {
  APP_PAGE: {
    code: 1,
    write(to, { html, rscData, postponed, segmentData, headers, status }) {
      to.text(html);
      to.optional(rscData, (data) => to.bytes(data));
      to.optional(postponed, (state) => to.text(state));
      to.optional(segmentData, (segments) => {
        to.u32(segments.size);
        for (const [path, data] of segments) {
          to.text(path);
          to.bytes(data);
        }
      });
      to.optional(headers, (all) => to.json(all));
      to.optional(status, (code) => to.number(code));
    },
    read: (from) => ({
      kind: 'APP_PAGE',
      html: from.text(),
      rscData: from.optional(() => from.bytes()),
      postponed: from.optional(() => from.text()),
      segmentData: from.optional(() => {
        const segments = new Map<string, Buffer>();
        for (let left = from.u32(); left > 0; left--) segments.set(from.text(), from.bytes());
        return segments;
      }),
      headers: from.optional(() => from.json()),
      status: from.optional(() => from.number()),
    }),
  },
  APP_ROUTE: {
    code: 2,
    write(to, { body, status, headers }) {
      to.bytes(body);
      to.number(status);
      to.json(headers ?? {});
    },
    read: (from) => ({
      kind: 'APP_ROUTE',
      body: from.bytes(),
      status: from.number(),
      headers: from.json(),
    }),
  },
  PAGES: {
    code: 3,
    write(to, { html, pageData, headers, status }) {
      to.text(html);
      to.json(pageData ?? {});
      to.optional(headers, (all) => to.json(all));
      to.optional(status, (code) => to.number(code));
    },
    read: (from) => ({
      kind: 'PAGES',
      html: from.text(),
      pageData: from.json(),
      headers: from.optional(() => from.json()),
      status: from.optional(() => from.number()),
    }),
  },
  REDIRECT: {
    code: 4,
    write: (to, { props }) => to.json(props),
    read: (from) => ({ kind: 'REDIRECT', props: from.json() }),
  },
  FETCH: {
    code: 5,
    write(to, { data: { headers, body, status, url }, revalidate }) {
      to.optional(headers, (all) => to.json(all));
      to.optional(body, (text) => {
        const raw = Buffer.from(text, 'base64');
        const faithful = raw.toString('base64') === text;
        to.flag(faithful);
        if (faithful) to.bytes(raw);
        else to.text(text);
      });
      to.optional(status, (code) => to.number(code));
      to.optional(url, (address) => to.text(address));
      to.number(revalidate);
    },
    read: (from) => ({
      kind: 'FETCH',
      data: {
        headers: from.optional(() => from.json()),
        body: from.optional(() => (from.flag() ? from.base64() : from.text())),
        status: from.optional(() => from.number()),
        url: from.optional(() => from.text()),
      },
      revalidate: from.number(),
    }),
  },
  IMAGE: {
    code: 6,
    write(to, { buffer, etag, upstreamEtag, extension, revalidate }) {
      to.bytes(buffer);
      to.text(etag);
      to.text(upstreamEtag);
      to.text(extension);
      to.optional(revalidate, (seconds) => to.number(seconds));
    },
    read: (from) => ({
      kind: 'IMAGE',
      buffer: from.bytes(),
      etag: from.text(),
      upstreamEtag: from.text(),
      extension: from.text(),
      revalidate: from.optional(() => from.number()),
    }),
  },
};

/** The codecs by their codes. */
const KINDS = new Map(
  Object.values(CODECS).map((codec) => [codec.code, codec as Codec<RouteValue>]),
);

/**
 * The bytes of a record: format, milliseconds lived, cache control, kind, and what the kind has.
 * Buffers are copied.
 */
export function encode({ value, cacheControl, lived }: RouteRecord): Uint8Array {
  const to = new Packer();
  to.u8(FORMAT);
  to.number(lived);
  to.optional(cacheControl, ({ revalidate, expire }) => {
    to.number(revalidate === false ? Infinity : revalidate);
    to.optional(expire, (seconds) => to.number(seconds));
  });
  if (value === null) {
    to.u8(NOTHING);
  } else {
    const codec = CODECS[value.kind] as Codec<RouteValue> | undefined;
    if (!codec) throw new TypeError(`${JSON.stringify(value.kind)} is no kind of the route cache`);
    to.u8(codec.code);
    codec.write(to, value);
  }
  return to.take();
}

/**
 * The record of bytes that `encode` made, or undefined for any others. Nothing in it is a view of
 * `bytes`: whoever is given it may change it.
 */
export function decode(bytes: Uint8Array): RouteRecord | undefined {
  const from = new Unpacker(bytes);
  try {
    if (from.u8() !== FORMAT) return undefined;
    const lived = from.number();
    const cacheControl = from.optional(() => {
      const revalidate = from.number();
      const expire = from.optional(() => from.number());
      return { revalidate: revalidate === Infinity ? (false as const) : revalidate, expire };
    });
    const code = from.u8();
    const codec = KINDS.get(code);
    if (!codec && code !== NOTHING) return undefined;
    const value = codec ? codec.read(from) : null;
    return from.ended ? { value, cacheControl, lived } : undefined;
  } catch {
    return undefined;
  }
}
