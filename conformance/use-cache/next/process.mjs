// An instance: the process in which a handler lives, told over IPC what to ask it.
import './clock.mjs';
import { pathToFileURL } from 'node:url';
import { Wrapper } from './wrapper.mjs';

const { CONFORMANCE_HANDLER: module, CONFORMANCE_NEXT: version } = process.env;

let runs = 0;
const running = new Map();

/** Runs a cached function, whose data is where the tests are. */
function run(key) {
  const id = ++runs;
  return new Promise((resolve) => {
    running.set(id, resolve);
    process.send({ run: id, key });
  });
}

// As Next.js does it, default exports of CommonJS included.
const loaded = await import(pathToFileURL(module).href);
const exported = loaded.default ?? loaded;
const wrapper = new Wrapper(exported.default ?? exported, run, { setsAtStart: version === '16.2' });

const tasks = {
  request: (asked) => wrapper.answer(asked),
  settled: () => wrapper.settled(),
  call: ({ method, args }) => wrapper.call(method, args),
  retains: async ({ key, times }) => {
    const read = async (unread) => {
      const { reads } = await wrapper.answer({ reads: [{ key, unread }] });
      if (reads[0].outcome !== 'hit') throw new Error(`a read was not a hit: ${reads[0].outcome}`);
    };
    await read(false);
    const before = retained();
    for (let i = 0; i < times; i++) await read(i % 2 === 0);
    return retained() - before;
  },
};

/** Bytes that are still reachable. */
function retained() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

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
