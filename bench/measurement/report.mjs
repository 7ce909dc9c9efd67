import { isCoherent } from './targets.mjs';
import { amount, bytes, ratio } from './format.mjs';

/**
 * The report of a run, as Markdown.
 *
 * @param {{ machine: import('./machine.mjs').Machine, note?: string, rows:
 *   import('./results.mjs').Outcome[] }} run
 * @param {(curve: import('./results.mjs').Curve) => string} picture the path of a curve's plot
 * @returns {string} with a line break at its end
 */
export function markdown({ machine, note, rows }, picture) {
  return `${[head(machine, note, rows), targets(rows), ...rows.map((row) => section(row, picture))].join('\n\n')}\n`;
}

/** What was run, on what, and how the tables are to be read. */
function head({ processor, cores, memory, kernel, versions }, note, rows) {
  const quick = rows.some((row) => row.quick);
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const dates = [...new Set(rows.map(({ date }) => date.slice(0, 10)))].join(', ');
  const minutes = Math.ceil(rows.reduce((sum, { seconds = 0 }) => sum + seconds, 0) / 60);
  return `# Benchmarks

Written by \`./larder bench${quick ? ' --quick' : ''}\`; [bench/](../bench) says how each subject is set up, and how to add a row. All
subjects of a row take their turns in one run on one machine (A B C A B C …), after a warm-up. A number is the median of all rounds, and
in brackets the least and the most. What carries over to other machines are the ratios, in *italics*: to Larder in the same table.

Every value that was read was compared with what had been stored, and the last column says whether what is invalidated on one instance was
still served on another once that was acknowledged. ⚠ marks a number of a handler that did so, or that gave a wrong value: it may be
fast because it does not look.
${quick ? '\n**This is a quick run: few rounds, small numbers, meant for comparing two versions of the code.**\n' : ''}
- ${cores} cores, ${processor}, ${bytes(memory)} of memory, ${kernel}; ${programs.join(', ')}
- ${dates}; ${minutes} min for all rows${note ? `. ${note}` : ''}`;
}

/**
 * The table of everything that was to be reached, over all rows; empty where no row has a target.
 */
function targets(rows) {
  const lines = rows.flatMap((row) =>
    row.measures.flatMap((measure) =>
      measure.verdicts.map((verdict) => `| ${barOf(row, measure, verdict)} |`),
    ),
  );
  if (lines.length === 0) return '';
  return `## What was to be reached

| row | measured | of | to be | is | |
|---|---|---|---|---|---|
${lines.join('\n')}${reasons(rows)}`;
}

/** What is known of why targets were not reached, each reason once. */
function reasons(rows) {
  const missed = new Map();
  for (const row of rows) {
    for (const measure of row.measures) {
      for (const { reached, why } of measure.verdicts) {
        if (reached !== false || !why) continue;
        missed.set(why, [...(missed.get(why) ?? []), `${row.title}, ${measure.title}`]);
      }
    }
  }
  if (missed.size === 0) return '';
  const lines = [...missed].map(([why, measured]) => `- *${measured.join('; ')}*: ${why}`);
  return `\n\n### What is not ahead, and why\n\n${lines.join('\n')}`;
}

/**
 * One line of it, without its outer bars: the row, what was measured, of whom, what it should be,
 * what it is.
 *
 * @param {import('./row.mjs').Target & { reached?: boolean, value?: number, ratio?: number, rival?:
 *   string }} verdict `reached` undefined is what was not measured
 */
function barOf(row, { title, unit, better }, verdict) {
  const { subject, limit, against, reached } = verdict;
  const name = (id) => row.subjects.find((one) => one.id === id)?.name ?? id;
  const sign = better === 'less' ? '≤' : '≥';
  const best =
    { peers: 'the best peer', 'coherent peers': 'the best coherent peer' }[against] ??
    name(against);
  const target = against ? `${sign} ${limit} × ${best}` : `${sign} ${amount(limit, unit)}`;
  const is =
    reached === undefined
      ? 'not measured'
      : against
        ? `${ratio(verdict.ratio)} ${name(verdict.rival)}`
        : amount(verdict.value, unit);
  const mark = reached === undefined ? '?' : reached ? '✔' : '✘ **not reached**';
  return [row.title, title, name(subject), target, is, mark].join(' | ');
}

/** One row: its work in words, its table, its curves, and what is to be said of it. */
function section(row, picture) {
  const parts = [`## ${row.title}`, row.work];
  if (row.failed) parts.push(`**This row came to nothing:** ${row.failed}`);
  const filled = row.measures.filter(({ results }) => Object.keys(results).length > 0);
  if (filled.length > 0) parts.push(table(row, filled));
  parts.push(...row.curves.map((curve) => `![${curve.title}](${picture(curve)})`));
  const notes = [...row.notes, ...row.subjects.flatMap((subject) => remarks(subject))];
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'));
  return parts.join('\n\n');
}

/** The table of a row: a line for each subject, a column for each measure that anybody has. */
function table(row, measures) {
  const probed = row.subjects.some(({ coherence }) => coherence);
  const titles = measures.map(({ title, unit }) => (unit ? `${title} (${unit})` : title));
  const lines = row.subjects.map((subject) => {
    const cells = measures.map((measure) => cell(measure, subject));
    return `| ${[subject.name, ...cells, ...(probed ? [coherenceOf(subject)] : [])].join(' | ')} |`;
  });
  return `| | ${[...titles, ...(probed ? ['invalidated, and served'] : [])].join(' | ')} |
|---${'|---:'.repeat(titles.length)}${probed ? '|---' : ''}|
${lines.join('\n')}`;
}

/**
 * The median of a subject, its ratio to Larder, and the least and most of all rounds. Empty is what
 * the subject does not do.
 */
function cell({ results, unit }, subject) {
  const result = results[subject.id];
  if (!result) return subject.failed ? 'failed' : '';
  const { median, least, most } = result;
  const ours = results.larder?.median;
  const doubtful = (subject.coherence && !isCoherent(subject)) || subject.wrong > 0;
  const bare = (value) => amount(value, '');
  const compared = ours > 0 && subject.id !== 'larder' ? ` *${ratio(median / ours)}*` : '';
  const spread = result.count > 1 ? ` (${bare(least)}–${bare(most)})` : '';
  return `${doubtful ? '⚠ ' : ''}**${bare(median)}**${compared}${spread}`;
}

/**
 * How often a subject served what had been invalidated, and for how long; a dash where that was not
 * tried.
 */
function coherenceOf({ coherence }) {
  if (!coherence) return '–';
  const { tried, stale, longest } = coherence;
  if (stale === 0) return 'never';
  const lasted =
    longest === Infinity || longest === null
      ? 'for over 2 s'
      : `for up to ${Math.ceil(longest)} ms`;
  return `⚠ ${stale} of ${tried} times, ${lasted}`;
}

/** What is to be said of a subject below the table: its version and set-up, and what went wrong. */
function remarks({ name, version, about, failed, reads, wrong, missed }) {
  const remarks = [];
  if (failed) remarks.push(`**failed**: ${failed}`);
  if (wrong > 0) remarks.push(`**${wrong} of ${reads} reads gave a wrong value**`);
  if (missed > 0) remarks.push(`${missed} of ${reads} reads gave nothing`);
  const known = [version, about].filter(Boolean).join('; ');
  return `${name}${known ? ` (${known.replace(/\.$/, '')})` : ''}${remarks.length > 0 ? `: ${remarks.join(', ')}` : ''}`;
}
