import type { CacheHandler } from '../use-cache/handler.js';

/**
 * What takes the place of the `use cache` handler where there is no Node.js: it caches nothing.
 * Next.js bundles the handlers into every edge page and edge route, also of an app that has no
 * `use cache`.
 */
const noHandler: CacheHandler = {
  get: async () => undefined,
  set: async () => {},
  refreshTags: async () => {},
  getExpiration: async () => Infinity,
  updateTags: async () => {},
};

export default noHandler;
