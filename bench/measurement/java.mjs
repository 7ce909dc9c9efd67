import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const { LARDER_JAR: jar = 'server/target/larder.jar' } = process.env;

/** The program of Java. */
export const { LARDER_JAVA: java = 'java' } = process.env;

/** How `./larder serve` starts a server, up to and without `serve`. */
export const serving = [
  java,
  '@server/jvm.options',
  '-XX:AOTCache=server/target/larder.aot',
  '-jar',
  jar,
];

/** How somebody without `./larder` does. */
export const servingPlainly = [java, '-jar', jar];

/**
 * Runs a measurement of `dev.larder.bench.ServerBench`.
 *
 * @param {'start' | 'gets'} what
 * @param {number} rounds
 * @param {Record<string, string[]>} variants how each of the servers to compare is started
 * @returns {Promise<Record<string, any>[]>} an object for each line it printed, with the samples of
 *   each quantity
 */
export async function serverBench(what, rounds, variants) {
  const commands = Object.entries(variants).map(
    ([label, command]) => `${label}=${command.join(' ')}`,
  );
  return benchmark('ServerBench', [what, String(rounds), ...commands]);
}

/**
 * Runs a program of `dev.larder.bench`.
 *
 * @param {string} program the name of its class
 * @param {string[]} options
 * @returns {Promise<Record<string, any>[]>} an object for each line it printed
 */
export async function benchmark(program, options) {
  const classPath = readFileSync(new URL('../target/class-path', import.meta.url), 'utf8');
  const { stdout } = await promisify(execFile)(
    java,
    ['-cp', `bench/target/classes:${classPath}`, `dev.larder.bench.${program}`, ...options],
    { cwd: repository },
  );
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
