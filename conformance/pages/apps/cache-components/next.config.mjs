import { withLarder } from '@larder/next';

const config = {
  cacheComponents: true,
  ...(process.env.PAGES_PARTIAL_PREFETCHING === '1' && { partialPrefetching: true }),
};

/** With Larder, or on the cache Next.js has of its own. */
export default process.env.PAGES_CACHE === 'own' ? config : withLarder(config);
