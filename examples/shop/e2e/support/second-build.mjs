import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout } from '@larder/harness/checkout';

/** A line of the shop that the next deploy changes. */
const LINE = ['app/layout.tsx', 'lang="en"', 'lang="en-GB"'];

/**
 * Builds the shop as it is deployed next: with one line changed, in a directory of its own.
 *
 * @param {string} root a directory that is made
 * @param {Record<string, string>} env of the build
 * @returns {Promise<{ directory: string, id: string }>} what an instance runs, and the id of its build
 */
export async function secondBuild(root, env) {
  mkdirSync(root);
  const checkout = new Checkout(root);
  const [file, before, after] = LINE;
  const path = join(checkout.app, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} has no ${before} to change`);
  writeFileSync(path, text.replace(before, after));
  await checkout.build(env);
  const id = readFileSync(join(checkout.app, '.next/BUILD_ID'), 'utf8').trim();
  return { directory: checkout.app, id };
}
