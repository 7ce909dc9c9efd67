import { withLarder } from '@larder/next';

/** With Larder, or on the cache Next.js has of its own. */
export default process.env.PAGES_CACHE === 'own' ? {} : withLarder({});
