import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Identity } from '../wire/frame.js';
import { buildIdIn } from './build-id.js';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

/** Which process this is; it has the same name for as long as it runs. */
export function identityOf({ transport, staleness }: Settings): Identity {
  return {
    instance: randomBytes(8).toString('hex'),
    host: hostname(),
    pid: process.pid,
    client: `@larder/next ${VERSION}`,
    framework: frameworkOf(),
    runtime: `node ${process.versions.node}`,
    build: buildOf(),
    consistency: staleness === 0 ? 'strict' : 'push',
    transport,
  };
}

/** The Next.js of the app in the working directory; nothing where it is not known. */
function frameworkOf(): string {
  try {
    const require = createRequire(join(process.cwd(), 'next.config.js'));
    const { version } = require('next/package.json') as { version?: string };
    return version === undefined ? '' : `next ${version}`;
  } catch {
    return '';
  }
}

/** The build in the working directory, where `distDir` is the usual one; else nothing. */
function buildOf(): string {
  return buildIdIn(join(process.cwd(), '.next')) || (process.env.NEXT_DEPLOYMENT_ID ?? '');
}
