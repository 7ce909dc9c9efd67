import { mkdirSync } from 'node:fs';
import { Checkout, copyBuild } from '@larder/harness/checkout';
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
  copyBuild(shop, app, id);
  return app;
}
