// An instance: the process in which a handler of the route cache lives. It gets over IPC what to ask the handler.
import '../../use-cache/next/clock.mjs';
import { handler, run, serve } from '../../fleet/inside.mjs';
import { Loopback } from './loopback.mjs';
import { Server } from './server.mjs';

const { CONFORMANCE_BUILD: build = 'a-build' } = process.env;
/** What stands for Next.js in this process. */
const server = new Server(await handler(), run, build);
/** It is asked over HTTP, within a request of this process. */
const loopback = new Loopback((asked) => server.answer(asked));
await loopback.start();

serve({
  request: (asked) => loopback.ask(asked),
  settled: () => server.settled(),
});
