import { randomUUID } from 'node:crypto';
import type { Redis } from '@upstash/redis';

/** Deletes a lock only if it still is the caller's: it may have expired, and be somebody else's now. */
const release = `if redis.call('get', KEYS[1]) == ARGV[1] then
  return redis.call('del', KEYS[1])
end
return 0`;

/**
 * Runs `work` while nobody else, on any instance, holds the lock of that name.
 *
 * @param seconds after which the lock is free again if this process dies
 * @returns what `work` returns, or `undefined` if somebody holds the lock
 */
export async function withLock<T>(
  redis: Redis,
  name: string,
  seconds: number,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const owner = randomUUID();
  const key = `lock:${name}`;
  if ((await redis.set(key, owner, { nx: true, ex: seconds })) !== 'OK') return undefined;
  try {
    return await work();
  } finally {
    await redis.createScript(release).exec([key], [owner]);
  }
}
