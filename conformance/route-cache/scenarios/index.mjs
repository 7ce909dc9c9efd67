import { freshness } from './freshness.mjs';
import { once } from './once.mjs';
import { values } from './values.mjs';

/** All scenarios for handlers of `cacheHandler`, in the order of the report. */
export const routeCache = [values, freshness, once].flat();
