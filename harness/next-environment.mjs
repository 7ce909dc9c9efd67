/**
 * What every Next.js of tests and benchmarks has in its environment: it reports to nobody, and leaves the
 * lock file of this repository as it is, whichever of its versions is built below.
 */
export const nextEnvironment = {
  NEXT_TELEMETRY_DISABLED: '1',
  NEXT_IGNORE_INCORRECT_LOCKFILE: '1',
};
