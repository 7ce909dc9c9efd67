// What the example of Next.js for `use cache: remote` over Redis does, with the client it uses and the
// same commands and failures: an entry is JSON with its bytes in base64, and a tag is the time of its
// last invalidation, which every read asks for.
import { createClient } from 'redis';

/** Milliseconds requests wait for the first connection. */
const CONNECTING = 1000;

const entryKey = (key) => `nextjs:use-cache:${key}`;
const tagKey = (tag) => `nextjs:use-cache-tag:${tag}`;

const client = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true });
client.on('error', () => {});
const connecting = Promise.race([
  client.connect().catch(() => {}),
  new Promise((resolve) => setTimeout(resolve, CONNECTING).unref()),
]);

/** Whether Redis can be asked, after a moment for the first connection. */
async function connected() {
  await connecting;
  return client.isReady;
}

/** When each of these tags was last invalidated. */
async function invalidatedAt(tags) {
  const moments = await client.mGet(tags.map(tagKey));
  return moments.map((moment) => Number(moment ?? 0));
}

/**
 * The entry of a key, unless it has expired or one of its tags was invalidated after it was made.
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
  async get(key) {
    if (!(await connected())) return undefined;
    return found(key).catch(() => undefined);
  },

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

  async refreshTags() {},

  async getExpiration(tags) {
    if (tags.length === 0) return 0;
    if (!(await connected())) return Date.now();
    return invalidatedAt(tags).then((moments) => Math.max(...moments), Date.now);
  },

  async updateTags(tags) {
    if (!(await connected())) throw new Error('no connection to Redis');
    const moment = `${Date.now()}`;
    await Promise.all(tags.map((tag) => client.set(tagKey(tag), moment)));
  },
};
