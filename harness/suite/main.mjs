import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../command-line.mjs';
import { nginxForTests, promtoolForTests, redisForTests, varnishForTests } from '../programs.mjs';
import { inTurn } from './in-turn.mjs';
import { parts } from './parts.mjs';
import { Shell } from './shell.mjs';

const usage = `Usage: ./larder test [--full] [--only TEXT]

  --full        the long parts, too: more seeds, other stores, other versions of Next.js, mutation
  --only TEXT   only the parts with TEXT in their name; may be repeated

${parts.map(({ name, full }) => `  ${full ? '(full) ' : ''}${name}`).join('\n')}`;

const { values, refuse } = commandLine(usage, {
  name: 'larder test',
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
  },
});
const wanted = parts
  .filter(({ full }) => values.full || !full)
  .filter(({ name }) => values.only.some((part) => name.includes(part)));
if (wanted.length === 0) {
  refuse(`no part has '${values.only.join(`' or '`)}' in its name; expected a part of one below`);
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
const began = performance.now();
const times = [];
const { JAVA_HOME: jdk } = process.env;

process.on('exit', () => {
  heading('How long each part took');
  for (const { name, seconds } of times) console.log(`  ${shown(seconds)}  ${name}`);
  console.log(`  ${shown(secondsSince(began))}  in all`);
});
// Ctrl-C reaches the commands, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

try {
  const shell = new Shell(repository, {
    LARDER_JAR: join(repository, 'server/target/larder.jar'),
    LARDER_JAVA: jdk ? join(jdk, 'bin/java') : 'java',
    ...redisForTests(),
    ...nginxForTests(),
    ...promtoolForTests(),
    ...(values.full && varnishForTests()),
  });
  await inTurn(wanted, ({ name, run }) => timed(name, () => run(shell, values.full)));
  heading(values.only.includes('') ? 'All tests passed' : 'These tests passed');
} catch (error) {
  console.error(`larder test: ${error.message}`);
  process.exitCode = 1;
}

/**
 * Runs a part; how long it took is known afterwards, however it ended.
 *
 * @param {string} name
 * @param {() => Promise<void>} body
 */
async function timed(name, body) {
  heading(name);
  const from = performance.now();
  try {
    await body();
  } finally {
    times.push({ name, seconds: secondsSince(from) });
  }
}

/** Prints what comes next, so that it is found in a long output. */
function heading(line) {
  console.log(process.stdout.isTTY ? `\x1b[1m▸ ${line}\x1b[0m` : `▸ ${line}`);
}

/** Whole seconds since a time of `performance.now()`. */
function secondsSince(time) {
  return Math.round((performance.now() - time) / 1000);
}

/** Seconds as a column of the table. */
function shown(seconds) {
  return `${`${seconds}`.padStart(4)} s`;
}
