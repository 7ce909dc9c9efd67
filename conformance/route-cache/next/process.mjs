// An instance: the process in which a handler of the route cache lives, told over IPC what to ask it.
import '../../use-cache/next/clock.mjs';
import { handler, run, serve } from '../../fleet/inside.mjs';
import { Server } from './server.mjs';

const { CONFORMANCE_BUILD: build = 'a-build' } = process.env;
const server = new Server(await handler(), run, build);

serve({
  request: (asked) => server.answer(asked),
  settled: () => server.settled(),
});
