import { freePort } from '../../examples/shop/e2e/support/ports.mjs';
import { Redis } from '../stores/redis.mjs';

/**
 * A handler somebody brings along.
 *
 * @param {string} module path of the module whose default export it is
 * @param {boolean} redis whether it wants a Redis of its own; otherwise it finds its store by the
 *   settings it inherits, and what breaks a store is not tried
 * @returns {import('./subject.mjs').Subject}
 */
export function own(module, redis) {
  return {
    name: module,
    version: () => '',
    async deploy(directory) {
      if (!redis) return { module, environment: () => ({}), stop: async () => {} };
      const store = new Redis(await freePort(), directory);
      await store.start();
      return {
        module,
        store,
        environment: () => ({ REDIS_URL: store.url }),
        stop: () => store.stop(),
      };
    },
  };
}
