/**
 * Limits of the protocol. A frame beyond one of them is not encoded. Some of them are
 * the server's to lower: `frameLimit` of a WELCOME is the one for values.
 */
export const LIMITS = {
  /** Bytes of a key. */
  key: 512,
  /** Tags of a lookup or an invalidation. */
  tags: 1024,
  /** Tags of an entry, and their bytes in UTF-8. */
  entryTags: 8192,
  entryTagBytes: 4 << 20,
  /** Bytes of one tag in UTF-8. */
  tag: 4096,
  /** Bytes of a path that is told, and how many are told at once. */
  path: 512,
  paths: 256,
  /** Bytes after which a client starts another message. */
  message: 1 << 20,
  /**
   * Bytes of a WebSocket frame of a message that is sent in several. A larger value is never copied
   * as a whole, and the frame that holds it is a message of its own.
   */
  fragment: 256 << 10,
} as const;
