import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyBuild } from '@larder/harness/checkout';
import { built } from './instances.mjs';

/** Next.js makes the names of functions with it; entries that survive a build need the same in all. */
const KEY = {
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: Buffer.alloc(32, 'larder-bench').toString('base64'),
};

/** The builds there are: in the second the frame of every page is another. */
const NAMES = ['first', 'second'];

/**
 * Releases of the app, one after the other. There are two builds of it; each release after them is one of
 * these with another build id, which is what a build without a change would be.
 */
export class Releases {
  #directory;
  #builds;
  #places = 0;

  /**
   * Builds the app twice.
   *
   * @param {string} directory an empty one
   * @param {Record<string, string>} environment of the builds
   * @returns {Promise<Releases>}
   */
  static async built(directory, environment) {
    const builds = [];
    for (const name of NAMES) {
      const root = join(directory, name);
      mkdirSync(root);
      const change = (app) =>
        writeFileSync(join(app, 'lib/release.js'), `export const RELEASE = '${name}';\n`);
      builds.push(await built(root, { environment: { ...KEY, ...environment }, change }));
    }
    return new Releases(directory, builds);
  }

  constructor(directory, builds) {
    this.#directory = directory;
    this.#builds = builds;
  }

  /**
   * A release in a directory of its own, as an instance has it that is a container: what Next.js keeps on
   * disk is that instance's alone.
   *
   * @param {number} release from 0
   * @returns {string} where `next start` finds it
   */
  place(release) {
    const build = this.#builds[release % NAMES.length];
    const place = join(this.#directory, `place-${++this.#places}`);
    mkdirSync(place);
    symlinkSync(join(build, 'node_modules'), join(place, 'node_modules'));
    for (const name of ['package.json', 'next.config.mjs'])
      cpSync(join(build, name), join(place, name));
    copyBuild(build, place, release < NAMES.length ? undefined : `release-${release}`);
    return place;
  }
}
