import { createServer } from 'node:net';

/** Whether something already listens on a port of this machine's loopback address. */
export function isBusy(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}

/** The ports of `wanted` (name to port) that cannot be had, as sentences. */
export async function busyPorts(wanted) {
  const found = await Promise.all(
    Object.entries(wanted).map(async ([name, port]) =>
      (await isBusy(port)) ? `port ${port} is busy; it is wanted by ${name}` : undefined,
    ),
  );
  return found.filter((line) => line !== undefined);
}
