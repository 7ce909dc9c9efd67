import { createServer } from 'node:net';

const taken = new Set();

/**
 * A port that nothing listens on, and that is given out once. It lies below the range systems
 * choose from for outgoing connections, so that it stays free while its server is away.
 *
 * @returns {Promise<number>} from 20,000 to 29,999
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
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
