// As its README wires it.
const { createIncrementalCacheHandler } = require('@leejpsd/nextjs-cache-handler/incremental');

module.exports = createIncrementalCacheHandler({
  client: { type: 'redis', url: process.env.REDIS_URL },
  buildNamespace: process.env.CONFORMANCE_BUILD ?? process.env.DEPLOYMENT_VERSION,
  abortTimeoutMs: 1500,
});
