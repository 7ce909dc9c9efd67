// Builds every combination of Cache Components on and off, a part of an app that runs on the edge (or
// a proxy.ts), and bundler. Each builds with Larder, or fails as it does without. It needs the adapter
// built, and nothing else. Arguments name the bundlers; both without any.
import { join } from 'node:path';
import { EdgeApp, parts } from './support/edge-app.mjs';
import { temporaryDirectory } from './support/temporary.mjs';

const bundlers = process.argv.length > 2 ? process.argv.slice(2) : ['turbopack', 'webpack'];
const root = temporaryDirectory();
let failed = false;
let number = 0;

console.log('bundler    Cache Components  part              outcome');
for (const bundler of bundlers) {
  for (const cacheComponents of [true, false]) {
    for (const part of Object.keys(parts)) {
      const app = new EdgeApp(join(root, `${number++}`), { parts: [part], cacheComponents, bundler });
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
  const reasons = reasonsOf(failure);
  if (without !== undefined && reasons.some((reason) => reasonsOf(without).includes(reason))) {
    return `refused by Next.js: ${reasons[0]}`;
  }
  failed = true;
  return `fails with Larder only:\n${failure}\n${without ?? ''}`;
}

/** The lines of a failed build that say why, without what differs from run to run. */
function reasonsOf(transcript) {
  const lines = transcript.split('\n').map((line) => line.replace(/^[\s|]+/, ''));
  return lines.filter((line) => /^Error:|is not compatible/.test(line) && !/build failed/.test(line));
}
