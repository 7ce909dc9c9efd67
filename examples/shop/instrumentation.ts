import { warmUp } from '@larder/next/warm-up';

/** With `WARM_UP=1`: asks this instance for what the fleet reads most, before it has readers. */
export function register(): void {
  if (process.env.WARM_UP === '1') warmUp();
}
