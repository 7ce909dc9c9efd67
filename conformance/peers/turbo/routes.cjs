// As its README wires it; it reads REDIS_URL.
module.exports = require('@trieb.work/nextjs-turbo-redis-cache').default;
