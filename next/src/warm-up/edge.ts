import { NOTHING } from './outcome.js';
import type { WarmUp, WarmUpOptions } from './index.js';

/**
 * What takes the place of `warmUp` where there is no Node.js: nothing of Larder happens there.
 * Next.js bundles an app's `instrumentation.ts` for the edge, too.
 */
export function warmUp(_options?: WarmUpOptions): WarmUp {
  return { ended: Promise.resolve(NOTHING) };
}

/** There is nothing to wait for. */
export function isWarm(): boolean {
  return true;
}
