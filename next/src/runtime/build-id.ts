import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What Next.js 16.4 writes as the id of every build of an app that has a `deploymentId`, and no
 * `generateBuildId`.
 */
const COMMON = 'build-TfctsWXpff2fKS';

/**
 * What tells a build from every other: its id, or that of its deployment where Next.js gives all
 * builds one id.
 *
 * @param directory the `.next` of an app
 * @returns `''` where that is not known
 */
export function buildIdIn(directory: string): string {
  const id = textOf(directory, 'BUILD_ID').trim();
  return id === COMMON ? deploymentIn(directory) : id;
}

/** The deployment a build was made for, else the one it runs in. */
function deploymentIn(directory: string): string {
  const running = process.env.NEXT_DEPLOYMENT_ID ?? '';
  try {
    const { config } = JSON.parse(textOf(directory, 'required-server-files.json')) as {
      readonly config?: { readonly deploymentId?: string };
    };
    return config?.deploymentId || running;
  } catch {
    return running;
  }
}

/** What a file says; nothing where it cannot be read. */
function textOf(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch {
    return '';
  }
}
