import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout } from '@larder/harness/checkout';
import { shop } from './instance.mjs';

/**
 * The shop as if it had been built once more without a change: with the id of another build, which
 * Next.js puts into its keys, so that nothing of the build before is found. It takes seconds.
 *
 * @param {string} root a directory that is made
 * @param {string} id of the build
 * @returns {string} the directory an instance runs in
 */
export function rebuilt(root, id) {
  mkdirSync(root);
  const { app } = new Checkout(root);
  const cache = join(shop, '.next/cache');
  const filter = (path) => !path.startsWith(cache);
  cpSync(join(shop, '.next'), join(app, '.next'), { recursive: true, filter });
  writeFileSync(join(app, '.next/BUILD_ID'), id);
  return app;
}
