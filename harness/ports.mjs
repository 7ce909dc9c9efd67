import { createServer } from 'node:net';

const taken = new Set();

const FIRST = 20_000;

/**
 * A port that nothing listens on, and that is given out once. It lies below the range systems
 * choose from for outgoing connections (from 32,768 on Linux), so that it stays free while its server
 * is away.
 *
 * @param {number} [count] of how many ports from 20,000 on it is one
 * @returns {Promise<number>} from 20,000 to 29,999 unless told otherwise
 */
export async function freePort(count = 10_000) {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * count);
    if (taken.has(port) || (await isBusy(port))) continue;
    taken.add(port);
    return port;
  }
}

/**
 * Whether something already listens on a port of this machine's loopback address.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isBusy(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}
