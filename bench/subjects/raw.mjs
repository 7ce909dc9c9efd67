import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@larder/harness/ports';
import { Redis } from '../../conformance/stores/redis.mjs';

const peers = new URL('../../conformance/peers/', import.meta.url);

/**
 * What a Redis and its client can do at most.
 *
 * @type {import('./index.mjs').Subject}
 */
export const raw = {
  name: 'ioredis GET',
  about: 'The limit of the store: bytes out of Redis and nothing else; no tags, no lifetimes.',
  kind: 'limit',
  invalidates: false,
  /** The version of the client. */
  version() {
    const about = new URL('node_modules/ioredis/package.json', peers);
    return JSON.parse(readFileSync(about, 'utf8')).version;
  },
  /**
   * A Redis of its own, which keeps nothing on disk.
   *
   * @param {string} directory
   */
  async deploy(directory) {
    const store = new Redis(await freePort(), directory, { appendonly: 'no', save: '' });
    await store.start();
    const module = fileURLToPath(new URL('./raw-handler.mjs', import.meta.url));
    return {
      module,
      store,
      environment: { REDIS_URL: store.url, BENCH_ANOTHER: module },
      stop: () => store.stop(),
    };
  },
};
