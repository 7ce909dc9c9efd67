import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consoleLog, type Log } from '../log.js';
import { settingsFrom } from '../settings.js';
import { POINT_FILE } from './build.js';

/** Milliseconds the server has to answer a build. */
const PATIENCE = 3000;

/** What Next.js calls when a build has compiled, and is about to render. */
export type AfterCompile = (metadata: { projectDir: string; distDir: string }) => Promise<void>;

/*
 * A page is generated as of what was known when that began; for the pages of a build that is when it
 * begins to render. A build that is told of the server (`LARDER_URL`) asks for that point and leaves
 * it with its pages. It is one question, and a build without an answer is none the worse: its pages
 * are then served as long as nothing of them was ever invalidated.
 */

/** The hook that notes in a build where the namespace's history stands, after that of the app. */
export function notingPoint(compiler: { readonly runAfterProductionCompile?: AfterCompile } = {}): {
  runAfterProductionCompile: AfterCompile;
} {
  const { runAfterProductionCompile: own } = compiler;
  return {
    async runAfterProductionCompile(metadata) {
      await own?.(metadata);
      await notePoint(metadata.distDir, process.env, consoleLog());
    },
  };
}

/** Notes it in the build in `distDir`, if `env` names the server. Never rejects. */
export async function notePoint(distDir: string, env: NodeJS.ProcessEnv, log: Log): Promise<void> {
  if (!env.LARDER_URL) return;
  const { url, namespace, token } = settingsFrom(env, log);
  try {
    const answer = await fetch(`${url}/v1/${namespace}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE),
    });
    // A namespace nobody has used has no history yet, and so nothing to be noted.
    if (answer.status === 404) return;
    if (!answer.ok) throw new Error(`it answered with ${answer.status}`);
    const { identity, revision } = (await answer.json()) as { identity: string; revision: number };
    const point = JSON.stringify({ identity, revision });
    for (const router of ['app', 'pages']) {
      const directory = join(distDir, 'server', router);
      if (existsSync(directory)) await writeFile(join(directory, POINT_FILE), point);
    }
  } catch (error) {
    const { message } = error as Error;
    log.notice(`${url} did not say where ${namespace} stands, so its invalidations count from the beginning for this build: ${message}`);
  }
}
