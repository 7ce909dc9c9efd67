import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Program } from './program.mjs';
import { shop } from './instance.mjs';

const adapter = join(shop, '../../next');

/** Not part of what is built, or built anew. */
const leftOut = new Set(['.next', 'data', 'demo', 'e2e', 'next-env.d.ts', 'node_modules']);

/** A copy of the shop and of the adapter it links, in an empty directory, built on its own. */
export class Checkout {
  /** The directory of its shop. */
  shop;

  constructor(root) {
    this.shop = join(root, 'examples/shop');
    mirror(join(shop, 'node_modules'), join(this.shop, 'node_modules'));
    for (const name of readdirSync(shop).filter((name) => !leftOut.has(name))) {
      cpSync(join(shop, name), join(this.shop, name), { recursive: true });
    }
    for (const name of ['dist', 'node_modules', 'package.json']) {
      mirror(join(adapter, name), join(root, 'next', name));
    }
  }

  /** Runs `next build`; throws what it printed when it fails. */
  async build(env) {
    const program = new Program('next build', {
      command: process.execPath,
      args: [join(this.shop, 'node_modules/next/dist/bin/next'), 'build'],
      cwd: this.shop,
      env: { NEXT_TELEMETRY_DISABLED: '1', ...env },
    });
    if ((await program.ended()) !== 0) throw new Error(program.transcript);
    return program.lines.join('\n');
  }

  /**
   * Copies what `output: 'standalone'` made, and the files for the browser, to a directory.
   *
   * @returns the server in it
   */
  takeStandalone(to) {
    const made = join(this.shop, '.next/standalone');
    cpSync(made, to, { recursive: true, verbatimSymlinks: true });
    const shopThere = join(to, 'examples', basename(this.shop));
    cpSync(join(this.shop, '.next/static'), join(shopThere, '.next/static'), { recursive: true });
    return join(shopThere, 'server.js');
  }
}

/** Makes `to` a tree like `from`, out of hard links where the file system lets it. */
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
