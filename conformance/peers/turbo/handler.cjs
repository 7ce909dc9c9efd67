// As its README wires it; it reads REDIS_URL. With TURBO_NEARLESS it keeps nothing in the process.
const {
  getRedisCacheComponentsHandler,
  redisCacheHandler,
} = require('@trieb.work/nextjs-turbo-redis-cache');

module.exports = process.env.TURBO_NEARLESS
  ? getRedisCacheComponentsHandler({ inMemoryCachingTime: 0, redisGetDeduplication: false })
  : redisCacheHandler;
