import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const adapter = fileURLToPath(new URL('../../../../next', import.meta.url));

/** Milliseconds an installation or a build may take. */
const timeout = 600_000;

/** The newest release of `name` in a range, as the registry knows it. */
export async function newest(name, range) {
  const releases = (await versionsOf(`${name}@${range}`)).filter(
    (version) => !version.includes('-'),
  );
  return last(releases, `${name}@${range}`);
}

/** The newest canary of `name`, as the registry knows it. */
export async function newestCanary(name) {
  const canaries = (await versionsOf(name, 'versions')).filter((version) =>
    version.includes('-canary.'),
  );
  return last(canaries, `canary of ${name}`);
}

async function versionsOf(what, field = 'version') {
  return [JSON.parse(await npm(process.cwd(), 'view', what, field, '--json'))].flat();
}

function last(versions, what) {
  if (versions.length === 0) throw new Error(`the registry has no ${what}`);
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
}

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
    const wanted = ['view', `next@${this.#next}`, 'peerDependencies', '--json'];
    const { react, 'react-dom': reactDom } = JSON.parse(await npm(process.cwd(), ...wanted));
    mkdirSync(this.directory, { recursive: true });
    cpSync(this.#app, this.directory, { recursive: true });
    const file = join(this.directory, 'package.json');
    const dependencies = {
      '@larder/next': `file:${adapterArchive}`,
      next: this.#next,
      react,
      'react-dom': reactDom,
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

function npm(directory, ...args) {
  return quietly(directory, 'npm', args);
}

/** What a command printed; throws all of it when it fails. */
async function quietly(directory, command, args) {
  try {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: undefined };
    const { stdout } = await run(command, args, { cwd: directory, env, timeout });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error;
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
