import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './program.mjs';
import { nextEnvironment } from './next-environment.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const shop = join(repository, 'examples/shop');
const adapter = join(repository, 'next');

/** Not part of what is built, or built anew. */
const leftOut = new Set(['.next', 'data', 'demo', 'e2e', 'next-env.d.ts', 'node_modules']);

/**
 * A copy of an app, by default the shop, with the packages of the shop and a link to a copy of the
 * adapter, in an empty directory, built on its own.
 *
 * It takes seconds to make and next to no space. It is not removed: its directory is the caller's.
 */
export class Checkout {
  /** The directory of the app. */
  app;

  /**
   * @param {string} root an empty directory
   * @param {string} app the directory of an app of this repository
   * @param {string} [packages] a directory with packages that it has in place of those of the shop, such as
   *   another Next.js
   */
  constructor(root, app = shop, packages) {
    this.app = join(root, 'examples/shop');
    const installed = join(this.app, 'node_modules');
    const others = packages ? packagesIn(packages) : [];
    for (const name of packagesIn(join(shop, 'node_modules'))) {
      if (!others.includes(name)) mirror(join(shop, 'node_modules', name), join(installed, name));
    }
    for (const name of others) mirror(join(packages, name), join(installed, name));
    mkdirSync(join(installed, '@larder'));
    symlinkSync('../../../../next', join(installed, '@larder/next'));
    for (const name of readdirSync(app).filter((name) => !leftOut.has(name))) {
      cpSync(join(app, name), join(this.app, name), { recursive: true });
    }
    for (const name of ['dist', 'node_modules', 'package.json']) {
      mirror(join(adapter, name), join(root, 'next', name));
    }
  }

  /**
   * Adds a package to the app that the adapter has installed for its own tests.
   *
   * @param {string} name
   */
  addFromAdapter(name) {
    mirror(join(adapter, 'node_modules', name), join(this.app, 'node_modules', name));
  }

  /**
   * Runs `next build` with these options.
   *
   * @param {Record<string, string>} env in addition to what a build inherits
   * @param {...string} options of `next build`
   * @returns {Promise<string>} what it printed last
   * @throws {Error} with what it printed when it fails
   */
  async build(env, ...options) {
    const program = new Program('next build', {
      command: process.execPath,
      args: [join(this.app, 'node_modules/next/dist/bin/next'), 'build', ...options],
      cwd: this.app,
      env: { ...nextEnvironment, ...env },
    });
    if ((await program.ended()) !== 0) throw new Error(program.transcript);
    return program.lines.join('\n');
  }

  /**
   * Copies what `output: 'standalone'` made, and the files for the browser, to a directory.
   *
   * @param {string} to
   * @returns the server in it
   */
  copyStandalone(to) {
    const made = join(this.app, '.next/standalone');
    cpSync(made, to, { recursive: true, verbatimSymlinks: true });
    const there = join(to, 'examples', basename(this.app));
    cpSync(join(this.app, '.next/static'), join(there, '.next/static'), { recursive: true });
    return join(there, 'server.js');
  }
}

/**
 * Copies what `next build` made of an app into another directory, without what it keeps for the next build.
 *
 * @param {string} from the directory of the app
 * @param {string} to that of the other, which has no build
 * @param {string} [id] that the copy has in place of its own: so it is another build, without a change
 */
export function copyBuild(from, to, id) {
  const [built, copy] = [join(from, '.next'), join(to, '.next')];
  const cache = join(built, 'cache');
  cpSync(built, copy, { recursive: true, filter: (path) => !path.startsWith(cache) });
  if (id !== undefined) writeFileSync(join(copy, 'BUILD_ID'), id);
}

/** What is installed in a directory, without what npm keeps for itself. */
function packagesIn(directory) {
  return readdirSync(directory).filter((name) => !name.startsWith('.'));
}

/**
 * Makes `to` a tree like `from`, out of hard links where the file system lets it. A file that is
 * changed in place would change in both, so what is written to is left out or copied.
 */
function mirror(from, to) {
  let link = linkSync;
  const file = (source, target) => {
    try {
      link(source, target);
    } catch {
      link = copyFileSync;
      copyFileSync(source, target);
    }
  };
  const directory = (source, target) => {
    mkdirSync(target, { recursive: true });
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const [here, there] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) directory(here, there);
      else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(here), there);
      else file(here, there);
    }
  };
  if (basename(from).includes('.')) {
    mkdirSync(join(to, '..'), { recursive: true });
    file(from, to);
  } else directory(from, to);
}
