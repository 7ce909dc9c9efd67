import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout } from '@larder/harness/checkout';
import { shop } from './instance.mjs';

/** What is not read by a server. */
const LEFT_OUT = /\/\.next\/(cache|trace|diagnostics|types|dev)(\/|$)/;

/**
 * The shop as another build, in a directory of its own: what was built once, under another name. Next.js
 * has that name in its keys and the adapter tells it, so for a server it is what a deploy brings; to build it
 * would take a minute.
 *
 * @param {string} root an empty directory
 * @param {string} name of the build
 * @returns {{ directory: string }} what an instance runs
 */
export function secondBuild(root, name) {
  const { app } = new Checkout(root);
  const built = readFileSync(join(shop, '.next/BUILD_ID'), 'utf8').trim();
  cpSync(join(shop, '.next'), join(app, '.next'), {
    recursive: true,
    filter: (file) => !LEFT_OUT.test(file),
  });
  for (const file of readdirSync(join(app, '.next'), { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !/^BUILD_ID$|\.(js|json|html|rsc|meta)$/.test(file.name)) continue;
    const path = join(file.parentPath ?? file.path, file.name);
    const text = readFileSync(path, 'utf8');
    if (text.includes(built)) writeFileSync(path, text.replaceAll(built, name));
  }
  return { directory: app };
}
