import { createHash } from 'node:crypto';

/** The headers that CDNs read tags from, and what stands between two of them. */
export const CDN_HEADERS = { 'cache-tag': ',', 'surrogate-key': ' ', xkey: ' ' } as const;

/** The header of a response that names its tags. */
export type CdnHeader = keyof typeof CDN_HEADERS;

/** What every CDN takes as it is. */
const PLAIN = /^[A-Za-z0-9_:./-]{1,128}$/;

/**
 * A tag as CDNs know it: itself, or `h:` and 16 hexadecimal digits of the SHA-256 of its UTF-8, if it is
 * long or has characters that stand between two tags. The server does the same when it tells a CDN.
 */
export function cdnTag(tag: string): string {
  if (PLAIN.test(tag)) return tag;
  return `h:${createHash('sha256').update(tag).digest('hex').slice(0, 16)}`;
}
