import { processParts } from './process-handler.js';

export type { CacheHandler } from './handler.js';
export type { NextEntry } from './presentation.js';

/** The `use cache` handler, to be named under `cacheHandlers` for any kind. */
export default processParts().handler;
