import { setTimeout as pause } from 'node:timers/promises';

/**
 * How the instances of a fleet are replaced while it is visited.
 *
 * @typedef {object} Rollout
 * @property {string} name
 * @property {string} title
 * @property {0 | 1} releases how many releases are deployed by it: a restart deploys none
 * @property {(site: Site) => Promise<void>} run replaces all instances
 *
 * @typedef {object} Site
 * @property {import('./fleet.mjs').Fleet} fleet
 * @property {() => string} place where an instance finds what is deployed
 * @property {number} between milliseconds after one was replaced until the next is
 */

/** One after the other, each before the one it replaces is ended. */
async function oneByOne({ fleet: { instances }, place, between }, old = instances.all) {
  for (const each of old) {
    await instances.replace(each, await instances.ready(place()));
    await pause(between);
  }
}

/** @type {Rollout[]} */
export const rollouts = [
  { name: 'restart', title: 'restart', releases: 0, run: (site) => oneByOne(site) },
  { name: 'roll', title: 'one by one', releases: 1, run: (site) => oneByOne(site) },
  {
    name: 'canary',
    title: 'canary',
    releases: 1,
    /** One of them has its share of the visitors for a while; then the others follow quickly. */
    async run({ fleet, place, between }) {
      const [first, ...others] = fleet.instances.all;
      await oneByOne({ fleet, place, between: 4 * between }, [first]);
      await oneByOne({ fleet, place, between: between / 4 }, others);
    },
  },
  {
    name: 'blueGreen',
    title: 'blue-green',
    releases: 1,
    /** All new ones stand ready, and are given all visitors at once. */
    async run({ fleet: { instances }, place }) {
      const old = instances.all;
      const ready = await Promise.all(old.map(() => instances.ready(place())));
      await Promise.all(old.map((each, i) => instances.replace(each, ready[i])));
    },
  },
];
