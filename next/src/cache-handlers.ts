export type { CacheHandler } from './use-cache/handler.js';
export type { NextEntry } from './entry/presentation.js';

/**
 * The `use cache` handler, to be named under `cacheHandlers` for any kind; it does nothing where
 * there is no Node.js.
 */
export { default } from '#use-cache-handler';
