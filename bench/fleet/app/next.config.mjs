import { fileURLToPath } from 'node:url';
import { withLarder } from '@larder/next';

const {
  BENCH_CACHE: cache,
  BENCH_DURABLE: durable,
  BENCH_HANDLER: handler,
  BENCH_ROUTES: routes,
} = process.env;

/** The caches this app can be started with; it is built with none, or so that entries survive builds. */
const caches = {
  larder: (config) => withLarder(config, { durable: durable === '1' }),
  handler: (config) => ({
    ...config,
    cacheHandlers: { default: handler, remote: handler },
    ...(routes && { cacheHandler: routes, cacheMaxMemorySize: 0 }),
  }),
  none: (config) => config,
};

/** The directory that has the adapter, too, to which this app has a link. */
const root = fileURLToPath(new URL('../..', import.meta.url));

export default caches[cache ?? 'none']({
  cacheComponents: true,
  poweredByHeader: false,
  turbopack: { root },
});
