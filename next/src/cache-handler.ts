/** The class to be named as `cacheHandler`; one that does nothing where there is no Node.js. */
export { default } from '#cache-handler';
