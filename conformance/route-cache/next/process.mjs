// An instance: the process in which a handler of the route cache lives, told over IPC what to ask it.
import '../../use-cache/next/clock.mjs';
import { pathToFileURL } from 'node:url';
import { Server } from './server.mjs';

const { CONFORMANCE_HANDLER: module, CONFORMANCE_BUILD: build = 'a-build' } = process.env;

let runs = 0;
const running = new Map();

/** Renders a page, whose data is where the tests are. */
function run(key) {
  const id = ++runs;
  return new Promise((resolve) => {
    running.set(id, resolve);
    process.send({ run: id, key });
  });
}

const loaded = await import(pathToFileURL(module).href);
const exported = loaded.default ?? loaded;
const server = new Server(exported.default ?? exported, run, build);

const tasks = {
  request: (asked) => server.answer(asked),
  settled: () => server.settled(),
};

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
