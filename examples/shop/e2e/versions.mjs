import { join } from 'node:path';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';
import { newestNext } from '@larder/harness/registry';
import { temporaryDirectory } from '@larder/harness/temporary';
import { Fleet } from './support/fleet.mjs';
import { gazette, kiosk } from './support/instance.mjs';
import { guarantees } from './versions/guarantees.mjs';
import { Installation, packAdapter } from './versions/installation.mjs';
import { routeGuarantees } from './versions/route-guarantees.mjs';

const usage = `Usage: npm run test:versions -- [line …]

  line   of Next.js, such as 16.2, of which the newest release is taken, or canary;
         none: 16.0 to 16.3 and canary

Shows the same guarantees on other versions of Next.js. It needs the adapter built, the server's jar named
in LARDER_JAR (and the java to run it with in LARDER_JAVA), and a package registry.`;

const { positionals, refuse } = commandLine(usage, { name: 'versions', positionals: true });
const lines = positionals.length > 0 ? positionals : ['16.0', '16.1', '16.2', '16.3', 'canary'];
const unknown = lines.find((given) => !/^\d+\.\d+$|^canary$/.test(given));
if (unknown) refuse(`unknown line '${unknown}'; expected one such as 16.2, or canary`);
const missing = whyNoServer();
if (missing) refuse(missing);
const root = temporaryDirectory();
const archive = await packAdapter(root);
const results = [];

for (const line of lines) {
  const next = await newestNext(line);
  results.push({ next, failures: await shown(next) });
}

console.log('\nversion    outcome');
for (const { next, failures } of results) {
  const outcome =
    failures.length === 0 ? 'all guarantees hold' : `does not hold: ${failures.join('; ')}`;
  console.log(`${next.padEnd(10)} ${outcome}`);
}
if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;

/** The names of what does not hold on a version, after a line about each. */
async function shown(next) {
  console.log(`\nNext.js ${next}`);
  const failures = [];
  const step = async (name, body) => {
    const began = performance.now();
    const failure = await body().then(
      () => undefined,
      (error) => error,
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`  ${failure ? '✖' : '✔'} ${name} (${seconds} s)`);
    if (!failure) return true;
    failures.push(name);
    console.log(`${failure.stack}`.replaceAll(/^/gm, '      '));
    return false;
  };

  await shownBy(kiosk, guarantees, 'kiosk');
  const images = !/^16\.[01]\./.test(next);
  await shownBy(gazette, routeGuarantees({ images }), 'gazette');
  return failures;

  async function shownBy(directory, sentences, name) {
    const app = new Installation(join(root, `${next}-${name}`), directory, next);
    const fleet = new Fleet(`e2e-versions-${line(next)}-${name}`);
    try {
      const installed =
        (await step(`the ${name} can be installed`, () => app.install(archive))) &&
        (await step('it builds without a server', () => app.build()));
      if (!installed) return;
      const started = await step('two instances start', () =>
        fleet.explained(() => fleet.start({ build: { directory: app.directory } })),
      );
      if (!started) return;
      console.log(`    with React ${app.react}`);
      for (const [sentence, holds] of Object.entries(sentences)) {
        await step(sentence, () => fleet.explained(() => holds(fleet)));
      }
    } finally {
      await fleet.stop();
    }
  }
}

function line(version) {
  return version.split('.').slice(0, 2).join('-');
}
