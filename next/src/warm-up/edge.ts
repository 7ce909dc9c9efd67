import type { WarmUp, WarmUpOptions } from './index.js';

/**
 * What takes the place of `warmUp` where there is no Node.js: nothing of Larder happens there.
 * Next.js bundles an app's `instrumentation.ts` for the edge, too.
 */
export function warmUp(_options?: WarmUpOptions): WarmUp {
  const nothing = { paths: 0, warmed: 0, failed: 0, left: 0, seconds: 0, reason: '' };
  return { ended: Promise.resolve(nothing) };
}

/** There is nothing to wait for. */
export function isWarm(): boolean {
  return true;
}
