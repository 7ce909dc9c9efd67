import { nameOf } from './population.mjs';
import { Requests } from './requests.mjs';

/** Milliseconds in which as many connections as are wanted are open. */
const OPENED = 30_000;

/** Where another client of the same store comes from, if the handler can be had more than once. */
const { BENCH_ANOTHER: another } = process.env;

/** All that were opened, with a client each. They are kept until the process ends. */
const opened = [];

/**
 * Requests over this many connections, which are open.
 *
 * @param {number} connections
 * @returns {Requests[]}
 */
export function over(connections) {
  return opened.slice(0, connections);
}

/**
 * Opens connections until there are this many, and makes sure that each of them reads.
 *
 * @param {{ connections: number, population: import('./population.mjs').Population }} how the
 *   population has been stored
 * @throws {Error} when one of them reads nothing within 30 s
 */
export async function connect({ connections, population }) {
  const handler = (await import(another)).another;
  while (opened.length < connections) opened.push(new Requests(await handler()));
  const deadline = performance.now() + OPENED;
  for (const requests of opened) {
    for (let found; !found;) {
      if (performance.now() > deadline)
        throw new Error(`a connection did not read within ${OPENED} ms`);
      [found] = await requests.read(requests.begin(), [nameOf(population, 0)]);
    }
  }
}
