/**
 * Runs parts one after the other. One that fails is said to have failed at once, and the others are
 * run all the same, so that one run tells all that is wrong; only a part that others need ends it.
 *
 * @param {import('./parts.mjs').Part[]} parts
 * @param {(part: import('./parts.mjs').Part) => Promise<void>} run rejects if the part failed
 * @throws {Error} that names the parts that failed
 */
export async function inTurn(parts, run) {
  const failed = [];
  for (const part of parts) {
    try {
      await run(part);
    } catch (error) {
      console.error(`larder test: ${error.message}`);
      failed.push(part.name);
      if (part.needed) break;
    }
  }
  if (failed.length > 0) throw new Error(`what failed: ${failed.join('; ')}`);
}
