// Its README names the package itself as the handler; it reads REDIS_URL.
export { default } from '@nimpl/cache-redis';
