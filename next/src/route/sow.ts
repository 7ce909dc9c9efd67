import type { Client } from '../client.js';
import type { Clock } from '../clock.js';
import type { Key } from '../key.js';
import type { Build } from './build.js';
import { encode } from './codec.js';
import { lifeOf } from './life.js';
import { readSeed, type Asked } from './seed.js';
import { tagsOf } from './subject.js';

/** Milliseconds by which what a build rendered is older, when it is stored, than what is stored then. */
const OLDER = 1000;

/**
 * Puts what a build rendered under a key where everybody finds it, as of when the build began to
 * render; as of the beginning of the history where that was not noted.
 *
 * @returns whether there was something to put, and it was sent
 */
export async function sow(
  client: Client,
  { build, cacheKey, key }: { build: Build; cacheKey: string; key: Key },
  asked: Asked,
  clock: Clock,
): Promise<boolean> {
  const { identity } = client.history;
  if (identity === 0n) return false;
  const seed = await readSeed(build, cacheKey, asked);
  if (!seed) return false;
  // What has been stale or expired for long must not look fresh for as much as a moment.
  const generatedAt = clock() - OLDER;
  const lived = Math.max(0, generatedAt - seed.madeAt);
  const record = { value: seed.value, cacheControl: seed.cacheControl, lived };
  return client.offer(key, {
    value: [encode(record)],
    tags: tagsOf({ space: 'route', cacheKey }, seed.value),
    life: lifeOf(record),
    generatedAt,
    asof: (await build.point()) ?? { identity, revision: 0n },
  });
}
