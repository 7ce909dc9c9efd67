/**
 * A handler under test.
 *
 * @typedef {object} Subject
 * @property {string} name what it is called in the table
 * @property {() => string} version
 * @property {string} [about] what to know about how it was run, in a sentence
 * @property {Record<string, string>} [known] the sentences known not to hold, and why; a run succeeds
 *   when exactly these fail
 * @property {(directory: string, how?: { redis?: Record<string, string>, serve?: string[] }) =>
 *   Promise<Deployment>} deploy starts what it needs, with its files in `directory`; `redis` is set in
 *   a Redis it starts, and `serve` are options of a Larder it starts
 *
 * @typedef {object} Deployment
 * @property {string} [module] path of the module whose default export is the handler of `use cache`
 * @property {string} [routes] path of the module whose default export is the class for the route cache
 * @property {string} [node] the Node.js that runs it
 * @property {Record<string, string>} environment of its instances
 * @property {Store} [store] outside the processes
 * @property {boolean} [alone] whether it cannot share anything with another process
 * @property {() => Promise<void>} stop
 *
 * @typedef {import('../stores/redis.mjs').Redis | import('../stores/larder.mjs').LarderStore} Store
 */

/** What is thrown when a subject is not installed. Its message says what to do. */
export class NotInstalled extends Error {}
