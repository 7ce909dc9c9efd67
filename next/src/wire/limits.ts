/** Limits of the protocol, version 1. A frame beyond one of them is not encoded. */
export const LIMITS = {
  /** Bytes of a key. */
  key: 512,
  /** Tags of an entry, a lookup or an invalidation. */
  tags: 1024,
  /** Bytes of one tag in UTF-8. */
  tag: 4096,
  /** Bytes after which a client starts another message. */
  message: 1 << 20,
  /**
   * Bytes of a WebSocket frame of a message that is sent in several. A larger value is never copied
   * as a whole, and the frame that holds it is a message of its own.
   */
  fragment: 256 << 10,
} as const;

/** Tags that are looked through one by one rather than put into a set. */
const FEW = 16;

/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const WIDEST = 3;

/** The tags without empty ones and repetitions, or undefined when they break a limit. */
export function tagList(tags: readonly string[]): readonly string[] | undefined {
  if (tags.length <= FEW && tags.every(isOrdinary)) return tags;
  const distinct = [...new Set(tags)].filter((tag) => tag !== '');
  const fits = distinct.length <= LIMITS.tags && distinct.every(isTag);
  return fits ? distinct : undefined;
}

/** Whether a tag is beyond doubt within its limit, and the first of its name. */
function isOrdinary(tag: string, at: number, tags: readonly string[]): boolean {
  return tag !== '' && tag.length * WIDEST <= LIMITS.tag && tags.indexOf(tag) === at;
}

/** Whether `tag` has between 1 and 4096 bytes. */
export function isTag(tag: string): boolean {
  return tag !== '' && Buffer.byteLength(tag) <= LIMITS.tag;
}
