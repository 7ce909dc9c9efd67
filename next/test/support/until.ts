import { setTimeout as pause } from 'node:timers/promises';

/**
 * Looks again and again, and is done when nothing is missing.
 *
 * @param missing says what is, or undefined once nothing is
 * @param within milliseconds it may take
 * @throws Error with what was missing last, when it takes longer
 */
export async function until(
  missing: () => Promise<string | undefined>,
  within: number,
): Promise<void> {
  const deadline = performance.now() + within;
  for (;;) {
    const what = await missing();
    if (what === undefined) return;
    if (performance.now() > deadline) throw new Error(what);
    await pause(20);
  }
}
