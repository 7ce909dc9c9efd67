import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';
import { report } from './results.mjs';

const usage = `Usage: node pages/main.mjs [file …] [options]

  file            only the tests in files with this in their name; none: all
  --full          also those in full/, which take long
  --report FILE   writes what was seen into FILE; with --only-report, without seeing anything anew
  --only-report
  --next LINE     with the newest Next.js of a line, such as 16.2, or canary, from a package registry

LARDER_JAR names the server, LARDER_JAVA the java to run it with.`;

/** Milliseconds for one file. */
const timeout = 1_800_000;
const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals, refuse } = commandLine(usage, {
  name: 'pages',
  options: {
    full: { type: 'boolean', default: false },
    report: { type: 'string' },
    'only-report': { type: 'boolean', default: false },
    next: { type: 'string' },
  },
  positionals: true,
});
if (values.next !== undefined) {
  if (!/^\d+\.\d+$|^canary$/.test(values.next)) {
    refuse(`--next is '${values.next}'; expected a line such as 16.2, or canary`);
  }
  process.env.PAGES_NEXT = values.next;
}
if (!values['only-report']) {
  const missing = whyNoServer();
  if (missing) refuse(missing);
  const files = [here, ...(values.full ? [join(here, 'full')] : [])]
    .flatMap((directory) => readdirSync(directory).map((file) => join(directory, file)))
    .filter((file) => file.endsWith('.test.mjs'))
    .filter((file) => positionals.length === 0 || positionals.some((name) => file.includes(name)));
  if (files.length === 0) refuse(`no test file has ${positionals.join(' or ')} in its name`);
  // One after the other: what is measured are milliseconds.
  const tests = run({ files, concurrency: 1, timeout });
  tests.on('test:fail', () => (process.exitCode = 1));
  tests.compose(new spec()).pipe(process.stdout);
  await new Promise((resolve) => tests.on('end', resolve));
}
if (values.report) report(values.report);
