import { clocks } from './clocks.mjs';
import { failure } from './failure.mjs';
import { invalidation } from './invalidation.mjs';
import { lifetimes } from './lifetimes.mjs';
import { singleFlight } from './single-flight.mjs';
import { values } from './values.mjs';

/** All scenarios for handlers of `cacheHandlers`, in the order of the report. */
export const useCache = [values, lifetimes, invalidation, clocks, singleFlight, failure].flat();
