import type { Client } from '../client/client.js';
import type { Clock } from '../runtime/clock.js';
import type { Key } from '../entry/key.js';
import type { Stored } from '../entry/stored.js';
import type { AsOf } from '../wire/frame.js';
import type { Build } from './build.js';
import { encode } from './codec.js';
import { lifeOf } from './life.js';
import { readSeed, type Asked } from './seed.js';
import { originOf, tagsOf } from './route-key.js';

/**
 * Milliseconds by which what a build rendered is older, when it is stored, than what is stored
 * then.
 */
const OLDER = 1000;

/** A page of a build. */
interface Page {
  readonly build: Build;
  readonly cacheKey: string;
}

/**
 * What a build rendered under a key as it is stored, as of when the build began to render; as of
 * the beginning of the `history` where that was not noted.
 *
 * @returns undefined where the build did not render it
 */
export async function seedOf(
  { build, cacheKey }: Page,
  asked: Asked,
  history: AsOf,
  clock: Clock,
): Promise<(Stored & { readonly asof: AsOf }) | undefined> {
  const seed = await readSeed(build, cacheKey, asked);
  if (!seed) return undefined;
  // What has been stale or expired for long must not look fresh for as much as a moment.
  const generatedAt = clock() - OLDER;
  const lived = Math.max(0, generatedAt - seed.madeAt);
  const record = { value: seed.value, cacheControl: seed.cacheControl, lived };
  return {
    ...originOf({ space: 'route', cacheKey, build }, seed.value),
    value: [encode(record)],
    tags: tagsOf({ space: 'route', cacheKey }, seed.value),
    life: lifeOf(record),
    generatedAt,
    asof: (await build.point()) ?? { identity: history.identity, revision: 0n },
  };
}

/**
 * Puts what a build rendered under a key where everybody finds it. Nothing is sent before a point
 * of history is known: it could not be stamped.
 *
 * @returns whether there was something to put, and it was sent
 */
export async function seed(
  client: Client,
  { key, ...page }: Page & { readonly key: Key },
  asked: Asked,
  clock: Clock,
): Promise<boolean> {
  if (client.history.identity === 0n) return false;
  const seed = await seedOf(page, asked, client.history, clock);
  return seed !== undefined && client.offer(key, seed);
}
