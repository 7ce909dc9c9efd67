import { spawnSync } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Where the first of some programs is that can be run; undefined if there is none.
 *
 * @param {readonly (string | undefined)[]} names paths, or names of programs on the PATH
 * @param {string} version the option with which they print their version
 */
export function findProgram(names, version = '--version') {
  const paths = names.flatMap((name) => (name ? pathsOf(name) : []));
  return paths.find((path) => spawnSync(path, [version], { stdio: 'ignore' }).status === 0);
}

/**
 * The same, after packages of the system were installed with `apt-get` if there was none, as far as that
 * is possible without asking anybody.
 *
 * @param {string} what as people call it
 * @param {readonly (string | undefined)[]} names
 * @param {{ packages: readonly string[], remedy: string, version?: string }} how
 * @throws {Error} that says what to do if it cannot be had
 */
export function findOrInstall(what, names, { packages, remedy, version }) {
  const found = findProgram(names, version);
  if (found) return found;
  const tried = install(what, packages);
  const installed = findProgram(names, version);
  if (installed) return installed;
  const why = tried ? ', and apt-get could not install it' : '';
  throw new Error(`no ${what} was found${why}; ${remedy}`);
}

/**
 * Redis for the tests: the one LARDER_REDIS names, redis-server or valkey-server on the PATH, or the one of
 * the system's packages, which is installed if that is possible.
 *
 * @returns {{ LARDER_REDIS: string }} the environment in which the tests find it
 * @throws {Error} that says what to do if there is none
 */
export function redisForTests() {
  const LARDER_REDIS =
    named('LARDER_REDIS', 'redis-server or valkey-server') ??
    findOrInstall('Redis', ['redis-server', 'valkey-server'], {
      packages: ['redis-server', 'redis-tools'],
      remedy: 'install Redis 6.2 or later, or name a redis-server or valkey-server in LARDER_REDIS',
    });
  return { LARDER_REDIS };
}

/**
 * nginx for the tests, in the same way.
 *
 * @returns {{ LARDER_NGINX: string }} the environment in which the tests find it
 * @throws {Error} that says what to do if there is none
 */
export function nginxForTests() {
  const LARDER_NGINX =
    named('LARDER_NGINX', 'nginx', '-v') ??
    findOrInstall('nginx', ['nginx', '/usr/sbin/nginx'], {
      packages: ['nginx-light'],
      remedy: 'install nginx 1.18 or later, or name one in LARDER_NGINX',
      version: '-v',
    });
  return { LARDER_NGINX };
}

/**
 * promtool for the tests, in the same way: it says what Prometheus finds wrong with metrics and alerts.
 *
 * @returns {{ LARDER_PROMTOOL: string }} the environment in which the tests find it
 * @throws {Error} that says what to do if there is none
 */
export function promtoolForTests() {
  const LARDER_PROMTOOL =
    named('LARDER_PROMTOOL', 'promtool') ??
    findOrInstall('promtool', ['promtool'], {
      packages: ['prometheus'],
      remedy: 'install Prometheus 2.42 or later, or name its promtool in LARDER_PROMTOOL',
    });
  return { LARDER_PROMTOOL };
}

/**
 * Varnish with its module xkey for the tests, in the same way.
 *
 * @returns {{ LARDER_VARNISH: string }} the environment in which the tests find it
 * @throws {Error} that says what to do if there is none
 */
export function varnishForTests() {
  const LARDER_VARNISH =
    named('LARDER_VARNISH', 'varnishd', '-V') ??
    findOrInstall('Varnish', ['varnishd', '/usr/sbin/varnishd'], {
      packages: ['varnish', 'varnish-modules'],
      remedy: 'install Varnish and varnish-modules, or name a varnishd in LARDER_VARNISH',
      version: '-V',
    });
  return { LARDER_VARNISH };
}

/** The program a variable of the environment names; undefined if it is not set. */
function named(variable, expected, version) {
  const name = process.env[variable];
  if (!name) return undefined;
  const found = findProgram([name], version);
  if (!found)
    throw new Error(`${variable} is '${name}', which does not run; expected a ${expected}`);
  return found;
}

/** Installs packages; whether that was tried. */
function install(what, packages) {
  if (!findProgram(['apt-get'])) return false;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (asRoot.length > 0 && !findProgram(['sudo'])) return false;
  console.error(`installing ${what} with apt-get`);
  // Only the program is wanted, not a server that runs from now on.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, ...environment, 'apt-get', '-qq', ...args];
    spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  apt('update');
  apt('-y', '--no-install-recommends', 'install', ...packages);
  return true;
}

/** Where a program may be: at its path, or in each folder of the PATH. */
function pathsOf(name) {
  if (isAbsolute(name)) return [name];
  return process.env.PATH.split(delimiter).map((folder) => join(folder, name));
}
