import type { Listener } from './events/events.js';

/**
 * What takes the place of `onEvent` where there is no Node.js: nothing of Larder happens there.
 * Next.js bundles an app's `instrumentation.ts` for the edge, too, whether or not anything runs
 * there.
 */
export function onEvent(_listener: Listener): () => void {
  return () => {};
}
