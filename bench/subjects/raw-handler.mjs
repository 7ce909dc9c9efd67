// Not a handler anybody could use: what it costs to get bytes from a Redis, and nothing else.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../conformance/peers/package.json', import.meta.url));
const { Redis } = require('ioredis');

/**
 * One with a connection of its own.
 *
 * @returns {Pick<import('@larder/next/cache-handlers').CacheHandler, 'get' | 'set' | 'updateTags'>}
 *   whose `get` answers bytes in place of a stream
 */
export function another() {
  const client = new Redis(process.env.REDIS_URL);
  return {
    async get(key) {
      const value = await client.getBuffer(key);
      return value ? { value, timestamp: Infinity } : undefined;
    },

    async set(key, pending) {
      const { value } = await pending;
      const chunks = [];
      for await (const chunk of value) chunks.push(chunk);
      await client.set(key, Buffer.concat(chunks));
    },

    async updateTags() {
      throw new Error('it knows no tags');
    },
  };
}

export default another();
