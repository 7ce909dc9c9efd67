// What the example of Next.js for `use cache: remote` over Redis does, with the client it uses and the
// same commands and failures: an entry is JSON with its bytes in base64, and a tag is the time of its
// last invalidation, which every read asks for.
import { createClient } from 'redis';

/** Milliseconds requests wait for the first connection. */
const CONNECTING = 1000;

/** Where Redis has an entry: JSON. */
const entryKey = (key) => `nextjs:use-cache:${key}`;
/** Where Redis has the last invalidation of a tag: milliseconds since the epoch, as text. */
const tagKey = (tag) => `nextjs:use-cache-tag:${tag}`;

/** Commands fail at once while there is no connection. */
const client = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true });
client.on('error', () => {});
/** Done with the first connection, or without it after a second. */
const connecting = Promise.race([
  client.connect().catch(() => {}),
  new Promise((resolve) => setTimeout(resolve, CONNECTING).unref()),
]);

/** Whether Redis can be asked, after a moment for the first connection. */
async function connected() {
  await connecting;
  return client.isReady;
}

/**
 * When each of these tags was last invalidated.
 *
 * @param {string[]} tags at least one
 * @returns {Promise<number[]>} in their order, milliseconds since the epoch; 0 for never
 */
async function invalidatedAt(tags) {
  const moments = await client.mGet(tags.map(tagKey));
  return moments.map((moment) => Number(moment ?? 0));
}

/**
 * The entry of a key, unless it has expired or one of its tags was invalidated after it was made.
 *
 * @returns {Promise<object | undefined>} as Next.js takes it: its bytes are a stream of one chunk
 */
async function found(key) {
  const stored = await client.get(entryKey(key));
  if (!stored) return undefined;
  const { value, ...about } = JSON.parse(stored);
  if (Date.now() > about.timestamp + about.expire * 1000) return undefined;
  const moments = about.tags.length > 0 ? await invalidatedAt(about.tags) : [];
  if (moments.some((moment) => moment > about.timestamp)) return undefined;
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(value, 'base64'));
      controller.close();
    },
  });
  return { ...about, value: stream };
}

export default {
  /** Without Redis, and when it fails, there is no entry. */
  async get(key) {
    if (!(await connected())) return undefined;
    return found(key).catch(() => undefined);
  },

  /** Waits for the whole entry, and stores it until it expires. Failures are not told. */
  async set(key, pending) {
    if (!(await connected())) return;
    const { value: stream, ...about } = await pending;
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const value = Buffer.concat(chunks).toString('base64');
    const seconds = Math.max(1, Math.ceil(about.expire));
    const expiration = Number.isFinite(about.expire) ? { type: 'EX', value: seconds } : undefined;
    const stored = JSON.stringify({ value, ...about });
    await client.set(entryKey(key), stored, { expiration }).catch(() => {});
  },

  /** Nothing is kept in the process that could be refreshed. */
  async refreshTags() {},

  /** Without Redis everything counts as invalidated now. */
  async getExpiration(tags) {
    if (tags.length === 0) return 0;
    if (!(await connected())) return Date.now();
    return invalidatedAt(tags).then((moments) => Math.max(...moments), Date.now);
  },

  /** What is only to become stale expires as well: the example has no durations. */
  async updateTags(tags) {
    if (!(await connected())) throw new Error('no connection to Redis');
    const moment = `${Date.now()}`;
    await Promise.all(tags.map((tag) => client.set(tagKey(tag), moment)));
  },
};
