import { join } from 'node:path';
import { commandLine } from '@larder/harness/command-line';
import { temporaryDirectory } from '@larder/harness/temporary';
import { EdgeApp, parts } from './support/edge-app.mjs';

const both = ['turbopack', 'webpack'];
const usage = `Usage: npm run test:builds -- [bundler …]

  bundler   ${both.join(', ')}; none: both

Builds every combination of Cache Components on and off, a part of an app that runs on the edge (or a
proxy.ts), and bundler. Each builds with Larder, or fails as it does without. It needs the adapter built.`;

const { positionals } = commandLine(usage, { name: 'builds', positionals: both });
const bundlers = positionals.length > 0 ? positionals : both;
const root = temporaryDirectory();
let failed = false;
let number = 0;

console.log('bundler    Cache Components  part              outcome');
for (const bundler of bundlers) {
  for (const cacheComponents of [true, false]) {
    for (const part of Object.keys(parts)) {
      const app = new EdgeApp(join(root, `${number++}`), {
        parts: [part],
        cacheComponents,
        bundler,
      });
      const outcome = await outcomeOf(app);
      const on = cacheComponents ? 'on' : 'off';
      console.log(`${bundler.padEnd(11)}${on.padEnd(18)}${part.padEnd(18)}${outcome}`);
    }
  }
}
if (failed) process.exitCode = 1;

/** What a build comes to, beside one without Larder if it fails. */
async function outcomeOf(app) {
  const failure = await app.build();
  if (failure === undefined) return 'builds';
  const without = await app.build({ control: true });
  const common = reasonsOf(failure).filter((reason) => reasonsOf(without ?? '').includes(reason));
  const [shortest] = common.sort((one, other) => one.length - other.length);
  if (shortest) return `refused by Next.js: ${shortest}`;
  failed = true;
  return `fails with Larder only:\n${failure}\n${without ?? ''}`;
}

/** The lines of a failed build that say why, beside those that only say that it failed. */
function reasonsOf(transcript) {
  const lines = transcript.split('\n').map((line) => line.replace(/^[\s|]+/, ''));
  const says = /error|not compatible|invalid|cannot/i;
  const generic =
    /build error occurred|build failed|type: 'error'|had an error|failed to collect page data/i;
  return lines.filter((line) => says.test(line) && !generic.test(line));
}
