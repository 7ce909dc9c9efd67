import { processEvents, type Listener } from './events/events.js';

export type { LarderEvent, Listener, Outcome } from './events/events.js';

/**
 * Tells `listener` what Larder does in this process from now on, in the context of the request it
 * is done for, though as no part of its render. To be called once, in `register()` of
 * `instrumentation.ts`. The listener is called while the request waits, so it had better be quick;
 * what it throws is dropped.
 *
 * @returns a function that ends this
 */
export function onEvent(listener: Listener): () => void {
  if (typeof listener !== 'function') {
    throw new TypeError(`onEvent expects a function, not ${JSON.stringify(listener)}`);
  }
  return processEvents().on(listener);
}
