import { withLarder } from '@larder/next';

const { BENCH_CACHE: cache, BENCH_HANDLER: handler } = process.env;

/** The caches this app can be started with; it is built once, with none. */
const caches = {
  larder: (config) => withLarder(config),
  handler: (config) => ({ ...config, cacheHandlers: { default: handler, remote: handler } }),
  none: (config) => config,
};

export default caches[cache ?? 'none']({ cacheComponents: true, poweredByHeader: false });
