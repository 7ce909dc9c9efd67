import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const { BENCH_PROFILE: directory } = process.env;

/** How many were kept, for the names of their files. */
let profiles = 0;

/**
 * Does something, and with `BENCH_PROFILE` keeps a CPU profile of it in that directory. A sample is
 * taken every 200 µs, which costs some of what is measured.
 *
 * @template T
 * @param {string} name what the file begins with
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function profiled(name, work) {
  if (!directory) return work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  try {
    return await work();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    const file = `${name}-${process.pid}-${++profiles}.cpuprofile`;
    writeFileSync(join(directory, file), JSON.stringify(profile));
  }
}
