import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { commandLine } from '@larder/harness/command-line';
import { run } from './fleet/run.mjs';
import { report } from './report.mjs';
import { subjects } from './subjects/index.mjs';
import { NotInstalled } from './subjects/subject.mjs';
import { own } from './subjects/own.mjs';
import { routeCache } from './route-cache/scenarios/index.mjs';
import { useCache } from './use-cache/scenarios/index.mjs';

const usage = `Usage: node main.mjs [subject …] [options]

  subject             ${Object.keys(subjects).join(', ')}; none: larder
  --handler FILE      a handler of yours instead: a module whose default export has get, set, …
  --routes            that handler is the class of a cacheHandler, for the route cache
  --redis             starts a Redis for it and names it in REDIS_URL
  --only TEXT         only the scenarios with TEXT in their sentence, or of the
                      group of that name; may be repeated
  --trace             shows what the instances printed when a scenario fails
  --results DIRECTORY keeps the results of each subject there
  --report FILE       writes the table of all results kept there; without a subject, only that`;

/** Every scenario there is, in the order of the tables. */
const all = [...useCache, ...routeCache];

/** How an outcome is printed. */
const marks = { held: '✔', failed: '✘', 'not supported': '–', 'not tried': '?' };

const { values, positionals, refuse } = commandLine(usage, {
  name: 'conformance',
  options: {
    handler: { type: 'string' },
    routes: { type: 'boolean', default: false },
    redis: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
    trace: { type: 'boolean', default: false },
    results: { type: 'string' },
    report: { type: 'string' },
  },
  positionals: Object.keys(subjects),
});

/**
 * Plays all scenarios with one subject; how many did not go as it is known that they go.
 *
 * @param {string} name on the command line
 * @param {import('./subjects/subject.mjs').Subject} subject
 * @param {typeof values} how
 * @returns {Promise<number>}
 */
async function play(name, subject, { only, trace, results: directory }) {
  const scenarios = all.filter(({ sentence, group }) =>
    only.some((text) => sentence.includes(text) || group === text),
  );
  if (scenarios.length === 0)
    refuse(
      `no scenario has ${JSON.stringify(only)} in its sentence; expected a part of one, or a group`,
    );
  const results = [];
  console.log(`${subject.name} ${subject.version()}`);
  await run(subject, scenarios, (result) => {
    results.push(result);
    console.log(`  ${marks[result.outcome]} ${result.sentence} (${Math.round(result.ms)} ms)`);
    if (result.observed) console.log(`      ${result.observed}`);
    if (trace && result.trace) console.log(result.trace);
  });
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const took = results.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  console.log(`  ${results.length} scenarios in ${Math.round(took)} s, ${failed.length} failed`);
  if (directory) keep(join(directory, `${name}.json`), subject, results);
  return surprises(results, subject.known ?? {});
}

/**
 * Keeps results in a file, beside those it holds of scenarios that were not played now. So a run of
 * a few scenarios renews those.
 *
 * @param {string} file JSON: `name`, `version`, `about` and `results` of a subject
 * @param {import('./subjects/subject.mjs').Subject} subject
 * @param {import('./fleet/run.mjs').Result[]} results
 */
function keep(file, { name, about, version }, results) {
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).results : [];
  const of = ({ sentence }) => [...results, ...earlier].find((one) => one.sentence === sentence);
  const kept = { name, version: version(), about, results: all.map(of).filter(Boolean) };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(kept, null, 2));
}

/**
 * How many scenarios were not tried, failed unknown, or held although they are known to fail.
 *
 * @param {import('./fleet/run.mjs').Result[]} results
 * @param {Record<string, string>} known why a sentence does not hold, by the sentence
 * @returns {number}
 */
function surprises(results, known) {
  const surprising = results.filter(
    ({ sentence, outcome }) =>
      outcome === 'not tried' ||
      (outcome !== 'not supported' && sentence in known !== (outcome === 'failed')),
  );
  for (const { sentence, outcome } of surprising) {
    if (outcome === 'held') console.log(`  no longer known to fail: ${sentence}`);
  }
  return surprising.length;
}

if (values.report && !values.results)
  refuse('--report needs --results DIRECTORY, where the results are');
/** The subjects named on the command line. */
const wanted = positionals.length === 0 && !values.report ? ['larder'] : positionals;
/** What is played, by the name its results are kept under. */
const chosen = values.handler
  ? { [basename(values.handler)]: own(resolve(values.handler), values) }
  : Object.fromEntries(wanted.map((name) => [name, subjects[name]]));
let surprising = 0;
try {
  for (const [name, subject] of Object.entries(chosen))
    surprising += await play(name, subject, values);
} catch (error) {
  if (error instanceof NotInstalled) refuse(error.message);
  throw error;
}
if (values.report) report(values.results, values.report, Object.keys(subjects));
process.exit(surprising > 0 ? 1 : 0);
