/**
 * A sentence about a fleet, why it must hold, and how to see whether it does.
 *
 * @typedef {{ group: string, sentence: string, source: string, needs: Needs,
 *   play: (fleet: import('./fleet.mjs').Fleet) => Promise<void> }} Scenario
 *
 * `fresh` gives it processes nobody used before, `next` is the version of Next.js they are driven
 * like. `interface` is the one of Next.js' two that is spoken: `cacheHandlers`, or the `cacheHandler`
 * of its route cache.
 *
 * @typedef {{ fresh?: boolean, next?: '16.2' | '16.4', interface?: 'use cache' | 'routes' }} Needs
 */

/**
 * The scenarios of a group, written down one after the other.
 *
 * @param {string} group
 * @param {(scenario: (sentence: string, source: string, play: Function, needs?: Needs) => void) =>
 *   void} write
 * @param {Needs} common what all of them need; what one needs beside goes before it
 * @returns {Scenario[]}
 */
export function scenarios(group, write, common = {}) {
  const written = [];
  write((sentence, source, play, needs = {}) => {
    written.push({ group, sentence, source, play, needs: { ...common, ...needs } });
  });
  return written;
}
