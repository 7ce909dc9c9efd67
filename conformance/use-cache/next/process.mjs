// An instance: the process in which a handler lives. It gets over IPC what to ask the handler.
import './clock.mjs';
import { handler, run, serve } from '../../fleet/inside.mjs';
import { Wrapper } from './wrapper.mjs';

const { CONFORMANCE_NEXT: version } = process.env;

/** What stands for Next.js in this process, in the version it is started for. */
const wrapper = new Wrapper(await handler(), run, { setsAtStart: version === '16.2' });

serve({
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
});

/** Bytes that are still reachable. */
function retained() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
