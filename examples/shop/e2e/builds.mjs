import { join } from 'node:path';
import { commandLine } from '@larder/harness/command-line';
import { temporaryDirectory } from '@larder/harness/temporary';
import { EdgeApp, parts } from './support/edge-app.mjs';

const both = ['turbopack', 'webpack'];
const usage = `Usage: npm run test:builds -- [bundler …]

  bundler   ${both.join(', ')}; none: both

Builds every combination of Cache Components on and off, or the deprecated experimental.useCache, a part of
an app that runs on the edge (or a proxy.ts), and bundler. Each builds with Larder, or fails as it does
without, or Larder says why it fails. It needs the adapter built.`;

/** What makes `use cache` of an app, by what is printed of it. */
const ways = {
  on: { cacheComponents: true },
  off: { cacheComponents: false },
  useCache: { cacheComponents: false, useCache: true },
};

const { positionals } = commandLine(usage, { name: 'builds', positionals: both });
const bundlers = positionals.length > 0 ? positionals : both;
const root = temporaryDirectory();
let failed = false;
let number = 0;

console.log('bundler    Cache Components  part              outcome');
for (const bundler of bundlers) {
  for (const [on, way] of Object.entries(ways)) {
    for (const part of Object.keys(parts)) {
      const app = new EdgeApp(join(root, `${number++}`), {
        parts: [part],
        ...way,
        bundler,
      });
      const outcome = await outcomeOf(app);
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
  const ours = failure.split('\n').find((line) => line.includes('larder: '));
  if (ours) return `refused by Next.js with Larder only, which says: ${ours.trim()}`;
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
