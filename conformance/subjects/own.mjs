import { freePort } from '@larder/harness/ports';
import { Redis } from '../stores/redis.mjs';

/**
 * A handler somebody brings along.
 *
 * @param {string} module path of the module whose default export it is
 * @param {{ redis: boolean, routes: boolean }} how with `redis` it wants a Redis of its own; otherwise
 *   it finds its store by the settings it inherits, and what breaks a store is not tried. With
 *   `routes` it is the class of a `cacheHandler`.
 * @returns {import('./subject.mjs').Subject}
 */
export function own(module, { redis, routes }) {
  const handler = routes ? { routes: module } : { module };
  return {
    name: module,
    version: () => '',
    async deploy(directory) {
      if (!redis) return { ...handler, environment: {}, stop: async () => {} };
      const store = new Redis(await freePort(), directory);
      await store.start();
      return {
        ...handler,
        store,
        environment: { REDIS_URL: store.url },
        stop: () => store.stop(),
      };
    },
  };
}
