import type { NextConfig } from 'next';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterCompile } from '../route/record-revision.js';
import { consoleLog, type Log } from '../runtime/log.js';
import { nextVersion } from './next-version.js';

/** The variable that gives functions the same names in every build. */
const KEY = 'NEXT_SERVER_ACTIONS_ENCRYPTION_KEY';

/** Lengths of keys of AES, in bytes. */
const KEY_BYTES: readonly number[] = [16, 24, 32];

/** What Next.js itself reads, which is the same wherever an app runs, or says nothing of its output. */
const OF_NEXT = /^(NEXT_|__NEXT_|NODE_ENV$|TURBOPACK$|VERCEL)/;

/*
 * Next.js puts the build into the key of an entry, as it does not know what of the code has changed. With
 * `experimental.durableUseCacheEntries` it puts a hash of the code there that the function reaches, its own
 * version, and the values of the variables of the environment that this code reads. So entries survive a
 * deployment that does not change them. The name of a function, also in the key, is made with the
 * encryption key of Server Actions: every build makes a new one, unless it is given.
 */

/**
 * What an app needs so that entries of `use cache` survive a build, and what says after a build which
 * do not. Nothing, with a warning, where Next.js cannot do it.
 *
 * @throws Error when a build has no usable `NEXT_SERVER_ACTIONS_ENCRYPTION_KEY`: no entry would
 *   survive, and nobody would notice
 */
export function durableEntries(config: NextConfig): NextConfig {
  const building = process.title.startsWith('next-build');
  const missing = missingFor(building);
  if (missing) {
    consoleLog().notice(`entries of "use cache" end with each build: "durable" needs ${missing}`);
    return {};
  }
  if (building) checkKey(process.env[KEY]);
  return {
    experimental: { ...config.experimental, durableUseCacheEntries: true },
    ...(building && {
      compiler: {
        ...config.compiler,
        ...afterCompile(config.compiler, ({ distDir }) => sayWhatSurvives(distDir, consoleLog())),
      },
    }),
  };
}

/** What of Next.js is missing for it, in words. */
function missingFor(building: boolean): string | undefined {
  const version = nextVersion();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version !== '' && (major < 16 || (major === 16 && minor < 4))) {
    return `Next.js 16.4 or later, and this is ${version}`;
  }
  return building && !process.env.TURBOPACK
    ? 'Turbopack, and this build is one of webpack'
    : undefined;
}

/** The value is not shown: it is a secret. */
function checkKey(value: string | undefined): void {
  if (value && KEY_BYTES.includes(Buffer.from(value, 'base64').length)) return;
  throw new Error(
    `larder: "durable" needs ${KEY}, the same in every build, and ${value ? 'this one is no key' : 'it is not set'}; ` +
      'expected 16, 24 or 32 bytes in base64, such as `openssl rand -base64 32` prints',
  );
}

/** What a build says of its functions, as far as it is of interest here. */
interface Manifest {
  readonly node: Readonly<Record<string, { readonly workers?: Readonly<Record<string, Worker>> }>>;
}

interface Worker {
  readonly durability?: {
    readonly runtimeEnvVarsRead?: readonly string[];
    readonly runtimeEnvVarsExistence?: readonly string[];
  };
}

/**
 * Says which pages have functions whose entries end with the build, and which variables of the
 * environment are in keys. Never rejects: a build that says nothing of it is complete.
 *
 * @param distDir the `.next` directory
 */
export async function sayWhatSurvives(distDir: string, log: Log): Promise<void> {
  let manifest: Manifest;
  try {
    const file = join(distDir, 'server', 'server-reference-manifest.json');
    manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
  } catch (error) {
    return log.notice(`what survives this build is not known: ${String(error)}`);
  }
  const workers = Object.values(manifest.node).flatMap((one) => Object.entries(one.workers ?? {}));
  const ending = workers.filter(([, { durability }]) => !durability).map(([page]) => page);
  if (ending.length > 0) {
    log.notice(
      `entries end with this build in ${list(ending)}: Next.js cannot tell what their code depends on`,
    );
  }
  const read = workers
    .flatMap(([, { durability }]) => [
      ...(durability?.runtimeEnvVarsRead ?? []),
      ...(durability?.runtimeEnvVarsExistence ?? []),
    ])
    .filter((name) => !OF_NEXT.test(name));
  if (read.length > 0) {
    log.notice(
      `cached code reads ${list(read)} of the environment: processes share entries only where the values are the same`,
    );
  }
}

/** Each once, in order. */
function list(names: readonly string[]): string {
  return [...new Set(names)].sort().join(', ');
}
