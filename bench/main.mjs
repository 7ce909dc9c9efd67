import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '@larder/harness/command-line';
import { redisForTests } from '@larder/harness/programs';
import { evaluated } from './measurement/targets.mjs';
import { Bench } from './measurement/bench.mjs';
import { machine } from './measurement/machine.mjs';
import { Progress } from './measurement/progress.mjs';
import { markdown } from './measurement/report.mjs';
import { rows } from './rows/index.mjs';
import { subjects } from './subjects/index.mjs';

const repository = fileURLToPath(new URL('../', import.meta.url));
const docs = join(repository, 'docs');

const usage = `Usage: ./larder bench [options]

  --quick           fewer rounds and smaller numbers: a few minutes
  --only ROW,…      ${rows.map(({ name }) => name).join(', ')}; all unless given
  --subjects ID,…   ${Object.keys(subjects).join(', ')};
                    all unless given
  --report          also writes docs/benchmarks.md, with its pictures
  --note TEXT       a sentence for the head of the report, such as what else the machine did
  --resume          goes on with a run that was interrupted: does the rows it had not come to
  --print           only writes the reports again, from what was measured last

Results are in .larder/bench: report.md, report.json and a picture of each curve. Each row is kept as
soon as it is done. Rows that are not run now stay as they were measured last, in a run of the same
kind.`;

const { values: given, refuse } = commandLine(usage, {
  name: 'larder bench',
  options: {
    quick: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    subjects: { type: 'string', multiple: true, default: [] },
    report: { type: 'boolean', default: false },
    note: { type: 'string', default: '' },
    resume: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});

/**
 * Those of `all` whose names are in a list with commas; all of them for an empty list. A name that
 * is none of them ends the program with what there is.
 */
function chosen(given, all, kind) {
  const names = given.flatMap((list) => list.split(',')).filter(Boolean);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    refuse(`there is no ${kind} ${unknown.join(', ')}; expected some of ${all.join(', ')}`);
  }
  return names.length > 0 ? all.filter((name) => names.includes(name)) : all;
}

/**
 * Does the work of one row, whose failure is noted and ends nothing else.
 *
 * @param {import('./measurement/row.mjs').Row} row
 * @param {string[]} ids of the subjects that were asked for
 * @param {'quick' | 'full' | 'tiny'} pace
 * @param {Progress} progress
 * @returns {Promise<import('./measurement/results.mjs').Outcome>}
 */
async function measured(row, ids, pace, progress) {
  const taking = ids.filter((id) => !row.subjects || row.subjects.includes(id));
  const bench = new Bench(
    row,
    Object.fromEntries(taking.map((id) => [id, subjects[id]])),
    pace,
    progress,
  );
  const began = performance.now();
  const date = new Date().toISOString();
  let failed;
  try {
    await row.run(bench);
  } catch (error) {
    failed = error.message;
    console.error(error);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const { name, title, work } = row;
  return {
    name,
    title,
    work,
    date,
    quick: bench.quick,
    seconds,
    failed,
    ...bench.results.collected(),
  };
}

/**
 * Writes the report of a run, and its pictures beside each other.
 *
 * @param {ReturnType<typeof known>} run
 * @param {string} file of the report, which is replaced
 * @param {string} pictures directory of the pictures, which is made if it is not there
 */
async function write(run, file, pictures) {
  const curves = run.rows.flatMap(({ curves }) => curves);
  if (curves.length > 0) {
    // Only here, since the tests do without what plots are made with.
    const { plot } = await import('./measurement/plot.mjs');
    mkdirSync(pictures, { recursive: true });
    for (const curve of curves)
      writeFileSync(join(pictures, `${curve.name}.svg`), await plot(curve));
  }
  const directory = join(file, '..');
  const path = ({ name }) => relative(directory, join(pictures, `${name}.svg`));
  writeFileSync(file, markdown(run, path));
}

const pace = given.tiny ? 'tiny' : given.quick ? 'quick' : 'full';
const directory = join(repository, '.larder/bench', pace);
const kept = join(directory, 'report.json');
mkdirSync(directory, { recursive: true });
const earlier = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : { rows: [] };
const ids = chosen(given.subjects, Object.keys(subjects), 'subject');
const asked = chosen(
  given.only,
  rows.map(({ name }) => name),
  'row',
);
const unfinished = given.resume ? asked.filter((name) => earlier.pending?.includes(name)) : asked;
const doing = given.print ? [] : rows.filter(({ name }) => unfinished.includes(name));
const progress = new Progress();
const fresh = [];

/** What is known by now: of each row what it came to last, and which rows are still to be done. */
function known() {
  const partly = given.print || given.resume || given.only.length > 0;
  const pending = new Set([
    ...doing.map(({ name }) => name),
    ...(partly ? (earlier.pending ?? []) : []),
  ]);
  for (const { name } of fresh) pending.delete(name);
  return {
    machine: machine(),
    note: given.note || (given.resume || given.print ? earlier.note : ''),
    pending: [...pending],
    rows: rows.flatMap((row) => {
      const outcome = [...fresh, ...earlier.rows].find(({ name }) => name === row.name);
      return outcome ? [evaluated(outcome, row)] : [];
    }),
  };
}

/** Keeps it, in one step; whoever interrupts that finds what was kept before. */
function keep(run) {
  writeFileSync(`${kept}.new`, JSON.stringify(run, null, 2));
  renameSync(`${kept}.new`, kept);
}

keep(known());
if (doing.length > 0) Object.assign(process.env, redisForTests());
for (const row of doing) {
  progress.begin(row.title);
  const outcome = await measured(row, ids, pace, progress);
  fresh.push(outcome);
  keep(known());
  const failed = outcome.subjects.filter((subject) => subject.failed);
  progress.end(`✔ ${row.title}: ${outcome.seconds} s`);
  for (const { name, failed: why } of failed) progress.end(`  ${name} failed: ${why}`);
}
const run = known();
await write(run, join(directory, 'report.md'), directory);
if (given.report) await write(run, join(docs, 'benchmarks.md'), join(docs, 'benchmarks'));
console.log(`the report is in ${relative(process.cwd(), join(directory, 'report.md'))}`);
process.exit(fresh.some(({ failed }) => failed) ? 1 : 0);
