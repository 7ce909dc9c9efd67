import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nextEnvironment } from './next-environment.mjs';

const run = promisify(execFile);

/** Milliseconds an installation or a build may take. */
const timeout = 600_000;

/**
 * The newest release of a package in a range, as the registry knows it.
 *
 * @param {string} name
 * @param {string} range such as `~16.2`
 * @returns {Promise<string>} its version
 * @throws {Error} if there is none
 */
export async function newest(name, range) {
  const releases = (await versionsOf(`${name}@${range}`)).filter(
    (version) => !version.includes('-'),
  );
  return last(releases, `${name}@${range}`);
}

/**
 * The newest canary of a package, as the registry knows it.
 *
 * @param {string} name
 * @returns {Promise<string>} its version
 * @throws {Error} if there is none
 */
export async function newestCanary(name) {
  const canaries = (await versionsOf(name, 'versions')).filter((version) =>
    version.includes('-canary.'),
  );
  return last(canaries, `canary of ${name}`);
}

async function versionsOf(what, field = 'version') {
  return [JSON.parse(await npm(process.cwd(), 'view', what, field, '--json'))].flat();
}

function last(versions, what) {
  if (versions.length === 0) throw new Error(`the registry has no ${what}`);
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
}

/**
 * The version of Next.js that a line stands for.
 *
 * @param {string} line such as `16.2`, or `canary`
 * @returns {Promise<string>}
 */
export function newestNext(line) {
  return line === 'canary' ? newestCanary('next') : newest('next', `~${line}`);
}

/**
 * The React that a version of Next.js asks for.
 *
 * @param {string} next
 * @returns {Promise<{ react: string, 'react-dom': string }>}
 */
export async function reactOf(next) {
  const wanted = ['view', `next@${next}`, 'peerDependencies', '--json'];
  const { react, 'react-dom': reactDom } = JSON.parse(await npm(process.cwd(), ...wanted));
  return { react, 'react-dom': reactDom };
}

/**
 * Installs a version of Next.js and its React, each with all it needs below itself, unless that was done
 * before.
 *
 * @param {string} directory of its own
 * @param {string} next the version
 * @returns {Promise<string>} the directory with the packages
 */
export async function installNext(directory, next) {
  const packages = join(directory, 'node_modules');
  if (existsSync(join(packages, '.package-lock.json'))) return packages;
  mkdirSync(directory, { recursive: true });
  const dependencies = { next, ...(await reactOf(next)) };
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const nested = '--install-strategy=nested';
  await npm(directory, 'install', nested, '--prefer-offline', '--no-audit', '--no-fund');
  return packages;
}

/**
 * Runs npm.
 *
 * @param {string} directory where
 * @param {...string} args
 * @returns {Promise<string>} what it printed
 * @throws {Error} with all it printed, if it fails
 */
export function npm(directory, ...args) {
  return quietly(directory, 'npm', args);
}

/**
 * Runs a command.
 *
 * @param {string} directory where
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<string>} what it printed
 * @throws {Error} with all it printed, if it fails
 */
export async function quietly(directory, command, args) {
  try {
    const env = { ...process.env, ...nextEnvironment, NODE_ENV: undefined };
    const { stdout } = await run(command, args, { cwd: directory, env, timeout });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error;
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
