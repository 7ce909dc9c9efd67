import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kept as pages } from './pages/results.mjs';

/** How an outcome stands in a table. */
const marks = { held: '✔', failed: '✘', 'not supported': '–', 'not tried': '?' };

/**
 * Writes the table of what is kept in `directory`. What `pages/main.mjs` wrote into the file stays.
 *
 * @param {string} directory where `main.mjs --results` kept them
 * @param {string} file Markdown
 * @param {string[]} order of the subjects
 */
export function report(directory, file, order) {
  const kept = order
    .map((name) => join(directory, `${name}.json`))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const parts = [head(kept), ...tables(kept), ...kept.map(findings), pages(file)];
  writeFileSync(file, `${parts.filter(Boolean).join('\n\n')}\n`);
}

/**
 * The beginning of the page, with a line for each handler.
 *
 * @param {object[]} kept what `main.mjs --results` kept, in the order of the columns
 * @returns {string} Markdown
 */
function head(kept) {
  const rows = kept.map(({ name, version, about = '', results }, i) => {
    const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
    return `| ${number(i)} | ${name} | ${version} | ${count('held')} | ${count('failed')} | ${count('not supported')} | ${about} |`;
  });
  return `# Conformance: what cache handlers do when Next.js drives them

Written by \`npm run peers\` in [\`conformance/\`](../conformance), which says what the suite is, how each handler was set
up, and how to run it on yours. Each sentence below was tried with two processes over one store. ✔ it held, ✘ it did not
and the reason is below the tables, – it cannot be tried with this handler; nothing is said where the suite does not wire it.

| | handler | version | ✔ | ✘ | – | |
|---|---|---|---|---|---|---|
${rows.join('\n')}`;
}

/**
 * A table for each group: a line for each sentence, a column for each handler. The first handler
 * decides which groups and sentences there are.
 *
 * @returns {string[]} Markdown
 */
function tables(kept) {
  const groups = [...new Set(kept[0].results.map(({ group }) => group))];
  return groups.map((group) => {
    const rows = kept[0].results.filter((result) => result.group === group);
    const lines = rows.map(({ sentence, source }) => {
      const cells = kept.map(({ results }) => marks[of(results, sentence)?.outcome] ?? '');
      return `| ${sentence} | ${source} | ${cells.join(' | ')} |`;
    });
    const numbers = kept.map((_, i) => number(i)).join(' | ');
    const rule = '|---'.repeat(kept.length + 2);
    return `## ${group}\n\n| | source | ${numbers} |\n${rule}|\n${lines.join('\n')}`;
  });
}

/**
 * What was seen of a handler where a sentence did not hold.
 *
 * @param {number} i its column, from 0
 * @returns {string} Markdown
 */
function findings({ name, results }, i) {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const lines = failed.map(({ sentence, observed }) => `- *${sentence}*: ${observed}.`);
  return `## ${number(i)}. ${name}\n\n${lines.join('\n') || 'Everything held.'}`;
}

/** The result of a sentence, if it was tried. */
function of(results, sentence) {
  return results.find((result) => result.sentence === sentence);
}

/** How a column is numbered: from 1. */
function number(i) {
  return `${i + 1}`;
}
