import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, quietly, reactOf } from '@larder/harness/registry';

const adapter = fileURLToPath(new URL('../../../../next', import.meta.url));

/** Packs the adapter as it would be published; the archive is put into `directory`. */
export async function packAdapter(directory) {
  const output = await npm(adapter, 'pack', '--pack-destination', directory, '--json');
  return join(directory, JSON.parse(output)[0].filename);
}

/** An app in a directory of its own, with a version of Next.js and a packed adapter from npm. */
export class Installation {
  directory;
  #app;
  #next;

  /** @param app the directory with its sources */
  constructor(directory, app, next) {
    this.directory = directory;
    this.#app = app;
    this.#next = next;
  }

  /** The React that was installed with it. */
  get react() {
    return JSON.parse(readFileSync(join(this.#installed('react'), 'package.json'))).version;
  }

  /** Installs the packages, with the React that Next.js asks for. */
  async install(adapterArchive) {
    mkdirSync(this.directory, { recursive: true });
    cpSync(this.#app, this.directory, { recursive: true });
    const file = join(this.directory, 'package.json');
    const dependencies = {
      '@larder/next': `file:${adapterArchive}`,
      next: this.#next,
      ...(await reactOf(this.#next)),
    };
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file)), dependencies }));
    // As at a user's: the strategy of this repository is in the environment of its scripts.
    const hoisted = '--install-strategy=hoisted';
    await npm(this.directory, 'install', hoisted, '--prefer-offline', '--no-audit', '--no-fund');
    if (!existsSync(join(this.#installed('next'), 'root-params.js'))) {
      for (const part of ['app/[lang]', 'lib/greeting.js']) {
        rmSync(join(this.directory, part), { recursive: true, force: true });
      }
    }
  }

  /** Runs `next build`. */
  async build() {
    const next = join(this.#installed('next'), 'dist/bin/next');
    await quietly(this.directory, process.execPath, [next, 'build']);
  }

  #installed(name) {
    return join(this.directory, 'node_modules', name);
  }
}
