import { isBusy } from '@larder/harness/ports';

/** The ports of `wanted` (name to port) that cannot be had, as sentences. */
export async function busyPorts(wanted) {
  const found = await Promise.all(
    Object.entries(wanted).map(async ([name, port]) =>
      (await isBusy(port)) ? `port ${port} is busy; it is wanted by ${name}` : undefined,
    ),
  );
  return found.filter((line) => line !== undefined);
}
