import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shop } from './instance.mjs';

/**
 * The shop as if it had been built once more without a change: with the id of another build, which
 * Next.js puts into its keys, so that nothing of the build before is found. It takes a second.
 *
 * @param {string} directory one that is made
 * @param {string} id of the build
 */
export function rebuilt(directory, id) {
  mkdirSync(directory);
  for (const name of readdirSync(shop)) {
    if (name !== '.next') symlinkSync(join(shop, name), join(directory, name));
  }
  const own = (path) => !path.startsWith(join(shop, '.next/cache'));
  cpSync(join(shop, '.next'), join(directory, '.next'), { recursive: true, filter: own });
  writeFileSync(join(directory, '.next/BUILD_ID'), id);
  return directory;
}
