import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs `task` in the context this module was loaded in, which is no request's.
 *
 * A socket or a timer remembers the request that created it for as long as it lives. Everything
 * that outlives a request is therefore created through this function.
 */
export const detached: <R>(task: () => R) => R = AsyncLocalStorage.snapshot();
