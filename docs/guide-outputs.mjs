import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const guide = fileURLToPath(new URL('guide/operations.md', import.meta.url));
const pictures = fileURLToPath(new URL('pictures', import.meta.url));
const usage = `Usage: node docs/guide-outputs.mjs [--check] DIRECTORY

Puts into docs/guide/operations.md what the questions of the shop have shown in DIRECTORY:
npm -w examples/shop run -s test:e2e -- --show DIRECTORY questions

  --check   only says whether what the guide has is of the form of what was shown now: the same commands,
            with the same columns; and fails if not`;

/** What was shown for a question, in the guide: its name, and the outputs. */
const BLOCK = /<!-- shown: ([a-z-]+) -->\n([^]*?)<!-- shown: end -->/g;

/** A picture of the guide that was shown. */
const PICTURE = /\(\.\.\/pictures\/(question-([a-z]+)\.webp)\)/g;

const { values, positionals } = options();
if (values.help) {
  console.log(usage);
  process.exit();
}
if (positionals.length !== 1) refuse('expected one DIRECTORY');
const [directory] = positionals.map((path) => resolve(path));
const text = readFileSync(guide, 'utf8');
if (values.check) check();
else put();

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(why) {
  console.error(`guide-outputs: ${why}\n\n${usage}`);
  return process.exit(2);
}

/** Writes what was shown into the guide, and its pictures beside it. */
function put() {
  const filled = text.replace(BLOCK, (_, question) => {
    const outputs = outputsOf(shownFor(question)).map(
      ([command, output]) => `\`\`\`console\n$ ${command}\n${output.trim()}\n\`\`\`\n`,
    );
    return `<!-- shown: ${question} -->\n${outputs.join('\n')}<!-- shown: end -->`;
  });
  writeFileSync(guide, filled);
  for (const [, file, question] of text.matchAll(PICTURE)) {
    copyFileSync(join(directory, `${question}.webp`), join(pictures, file));
  }
}

/** Says where the guide is not what was shown. */
function check() {
  const wrong = [];
  for (const [, question, block] of text.matchAll(BLOCK)) {
    const [has, shown] = [block, shownFor(question)].map(formOf);
    if (has !== shown) wrong.push(`${question}: the guide has\n${has}\nand shown is\n${shown}`);
  }
  for (const [, file] of text.matchAll(PICTURE)) {
    if (!existsSync(join(pictures, file))) wrong.push(`docs/pictures/${file} is missing`);
  }
  if (wrong.length === 0) return;
  console.error(`docs/guide/operations.md is not what is printed; run docs/guide-outputs.mjs:\n`);
  console.error(wrong.join('\n\n'));
  process.exitCode = 1;
}

function shownFor(question) {
  const file = join(directory, `${question}.txt`);
  if (!existsSync(file)) refuse(`${file} is missing; does the suite still ask this?`);
  return readFileSync(file, 'utf8');
}

/** The outputs in a text by their commands; of a command that was given again and again, the last. */
function outputsOf(shown) {
  const parts = shown.split(/^\$ larder /m).slice(1);
  return [
    ...new Map(
      parts.map((part) => {
        const end = part.indexOf('\n');
        return [`larder ${part.slice(0, end)}`, part.slice(end + 1).replace(/```[^]*$/, '')];
      }),
    ),
  ];
}

/** What stays the same from one run to the next: the commands, and the heads of their tables. */
function formOf(shown) {
  return outputsOf(shown)
    .map(([command, output]) => {
      const heads = output
        .split('\n')
        .filter((line) => /^ *[A-Z][A-Z/0-9]+( [A-Z]+)* {2,}[A-Z]/.test(line));
      return [`$ ${command}`, ...heads.map((head) => head.trim().split(/ {2,}/).join(' | '))];
    })
    .flat()
    .join('\n');
}
