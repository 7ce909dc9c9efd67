import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checkout } from '@larder/harness/checkout';
import { installNext, newestNext } from '@larder/harness/registry';
import { temporaryDirectory } from '@larder/harness/temporary';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = join(here, '../..');

/** The line of Next.js the apps are built with, such as 16.2, or canary; none: that of the repository. */
const line = process.env.PAGES_NEXT ?? '';

/** Where built apps are kept from one run to the next. */
const builds = join(repository, '.larder/pages');

/**
 * The apps whose pages are asked for, by name: where their sources are, and the environment of their build.
 * Each is built with Larder, and once more on the cache Next.js has of its own.
 *
 * @type {Record<string, { sources: string, env: Record<string, string> }>}
 */
export const apps = {
  'Cache Components': { sources: 'cache-components', env: {} },
  'Partial Prefetching': { sources: 'cache-components', env: { PAGES_PARTIAL_PREFETCHING: '1' } },
  ISR: { sources: 'isr', env: {} },
};

/**
 * What is being built, or was, by app and cache: who asks for the same meanwhile waits for it.
 *
 * @type {Map<string, Promise<string>>}
 */
const builders = new Map();

/**
 * The directory of an app that is built, to be started in. Nothing is built when neither the app nor
 * the adapter nor Next.js has changed since. What Next.js' own cache writes goes to a copy of its own.
 *
 * @param {string} name one of `apps`
 * @param {'larder' | 'own'} cache
 * @returns {Promise<string>}
 */
export async function built(name, cache) {
  const of = `${name}, ${cache}`;
  if (!builders.has(of)) builders.set(of, build(name, cache));
  const app = await builders.get(of);
  return cache === 'own' ? copied(app) : app;
}

/** The directory of an app, once it is built. */
async function build(name, cache) {
  const { sources, env } = apps[name];
  const from = join(here, 'apps', sources);
  const version = line && (await newestNext(line));
  const app = [name.toLowerCase().replaceAll(' ', '-'), cache, version].filter(Boolean).join('-');
  const root = join(builds, app);
  const mark = join(root, 'of');
  const of = fingerprint(from, env);
  const packages = version && (await installNext(join(builds, `next-${version}`), version));
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== of) {
    rmSync(root, { recursive: true, force: true });
    await new Checkout(root, from, packages || undefined).build({ ...env, PAGES_CACHE: cache });
    writeFileSync(mark, of);
  }
  return join(root, 'examples/shop');
}

/**
 * The settings an instance of an app is started with.
 *
 * @param {string} name one of `apps`
 * @param {'larder' | 'own'} cache
 * @returns {Record<string, string>}
 */
export function settingsOf(name, cache) {
  return { ...apps[name].env, PAGES_CACHE: cache };
}

/** A copy of a built app, with the packages of the original. */
function copied(app) {
  const copy = join(temporaryDirectory(), 'app');
  mkdirSync(copy);
  for (const entry of readdirSync(app)) {
    if (entry === 'node_modules') symlinkSync(join(app, entry), join(copy, entry));
    else cpSync(join(app, entry), join(copy, entry), { recursive: true });
  }
  return copy;
}

/** What a build depends on, as one short text. */
function fingerprint(sources, env) {
  const hash = createHash('sha256').update(JSON.stringify([env, process.version]));
  const adapter = join(repository, 'next');
  const files = [
    ...filesIn(sources),
    ...filesIn(join(adapter, 'dist')),
    join(adapter, 'package.json'),
    join(repository, 'package-lock.json'),
  ];
  for (const file of files.sort())
    hash.update(relative(repository, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/** All files below a directory. */
function filesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
