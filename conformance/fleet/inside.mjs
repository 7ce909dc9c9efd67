import { pathToFileURL } from 'node:url';

/** How many cached functions were run. */
let runs = 0;

/** Those that run, by their number. */
const running = new Map();

/**
 * Generates the value of a key, which is where the tests are.
 *
 * @param {string} key
 * @returns {Promise<import('../use-cache/next/generation.mjs').Run>}
 */
export function run(key) {
  const id = ++runs;
  return new Promise((resolve) => {
    running.set(id, resolve);
    process.send({ run: id, key });
  });
}

/**
 * The handler under test, the module `CONFORMANCE_HANDLER` names, loaded as Next.js does it,
 * default exports of CommonJS included.
 */
export async function handler() {
  const loaded = await import(pathToFileURL(process.env.CONFORMANCE_HANDLER).href);
  const exported = loaded.default ?? loaded;
  return exported.default ?? exported;
}

/**
 * Does what the tests ask this process for over IPC, by name, until they let go of it.
 *
 * @param {Record<string, (parameters: object) => Promise<unknown>>} tasks their results must be
 *   such as can be cloned
 */
export function serve(tasks) {
  process.on('message', async ({ task, id, ran, ...parameters }) => {
    if (ran !== undefined) {
      running.get(ran)(parameters.result);
      running.delete(ran);
      return;
    }
    try {
      process.send({ id, result: await tasks[task](parameters) });
    } catch (error) {
      process.send({ id, failed: error instanceof Error ? error.message : String(error) });
    }
  });
  // The server of Next.js survives both.
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => console.error(`${event}:`, error));
  }
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}
