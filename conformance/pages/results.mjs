import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where tables are kept between a run and a report. */
const directory = fileURLToPath(new URL('../../.larder/pages/results', import.meta.url));

/** What stands before and after the part of a page that is written here. */
const begin = '<!-- What pages/main.mjs saw: begin -->';
const end = '<!-- What pages/main.mjs saw: end -->';

/**
 * What was seen of pages, as a table of the documentation: it is kept when this process ends.
 *
 * @param {{ title: string, about: string, columns: string[] }} table
 * @returns {{ row: (...cells: unknown[]) => void }}
 */
export function tableOf({ title, about, columns }) {
  const rows = [];
  process.on('exit', () => {
    if (rows.length === 0) return;
    mkdirSync(directory, { recursive: true });
    const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    writeFileSync(join(directory, `${name}.json`), JSON.stringify({ title, about, columns, rows }));
  });
  return {
    /** Adds a row, a cell for each column. */
    row: (...cells) => rows.push(cells),
  };
}

/** Writes all tables that are kept into a file, in place of those it holds, or at its end. */
export function report(file) {
  const text = readFileSync(file, 'utf8');
  const [before] = text.split(begin);
  const after = text.split(end)[1] ?? '\n';
  writeFileSync(file, `${before.trimEnd()}\n\n${section() ?? kept(file)}${after}`);
}

/**
 * The part of a file that `report` wrote, or nothing.
 *
 * @param {string} file
 */
export function kept(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const from = text.indexOf(begin);
  return from < 0 ? '' : text.slice(from, text.indexOf(end) + end.length);
}

/** All tables that are kept, as that part; undefined where none is. */
function section() {
  if (!existsSync(directory)) return undefined;
  const names = readdirSync(directory).sort();
  const tables = names.map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
  return [begin, '# Pages: whole apps, with Larder and without', ...tables.map(markdown), end].join(
    '\n\n',
  );
}

/** One table, with its heading. */
function markdown({ title, about, columns, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)];
  return `## ${title}\n\n${about}\n\n${lines.join('\n')}`;
}
