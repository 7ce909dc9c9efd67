// As its README wires it, with the two options that make it better in a fleet.
const { createCacheComponentsHandler } = require('@leejpsd/nextjs-cache-handler/cache-components');

module.exports = createCacheComponentsHandler({
  client: { type: 'redis', url: process.env.REDIS_URL },
  buildNamespace: process.env.DEPLOYMENT_VERSION,
  abortTimeoutMs: 1500,
  tagPubSub: true,
  singleFlight: true,
});
