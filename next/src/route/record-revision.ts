import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consoleLog, type Log } from '../runtime/log.js';
import { settingsFrom } from '../runtime/settings.js';
import { refusal } from '../transport/connection-state.js';
import { REVISION_FILE } from './build.js';

/** Milliseconds the server has to answer a build. */
const PATIENCE = 3000;

/** A point in a namespace's history, as the server describes it. */
interface Point {
  /** The store identity, in hexadecimal: JSON has no numbers of 64 bits. */
  readonly identity: string;
  readonly revision: number;
}

/**
 * What Next.js calls when a build has compiled, and is about to render. `distDir` is the `.next`
 * directory, as an absolute path.
 */
export type AfterCompile = (metadata: { projectDir: string; distDir: string }) => Promise<void>;

/*
 * A page is generated as of what was known when that began; for the pages of a build that is when it
 * begins to render. A build that knows the server (`LARDER_URL`) asks for that point and leaves
 * it with its pages. It is one question, and a build without an answer is none the worse: its pages
 * are then served as long as nothing of them was ever invalidated.
 */

/**
 * The `compiler` options with a hook that notes in a build where the namespace's history stands,
 * after the hook of the app, if that has one. What the app's hook throws ends the build, as it does
 * without this.
 */
export function recordingRevision(
  compiler: { readonly runAfterProductionCompile?: AfterCompile } = {},
): {
  runAfterProductionCompile: AfterCompile;
} {
  return afterCompile(compiler, ({ distDir }) =>
    recordRevision(distDir, process.env, consoleLog()),
  );
}

/** The `compiler` options with a hook of ours after that of the app, if it has one. */
export function afterCompile(
  { runAfterProductionCompile: own }: { readonly runAfterProductionCompile?: AfterCompile } = {},
  ours: AfterCompile,
): { runAfterProductionCompile: AfterCompile } {
  return {
    async runAfterProductionCompile(metadata) {
      await own?.(metadata);
      await ours(metadata);
    },
  };
}

/**
 * Notes it in the build in `distDir`, if `env` names the server, and says so. The first server that
 * answers, within 3 s each, is believed. Never rejects: a build without the note is complete.
 *
 * @param env where `LARDER_URL`, `LARDER_NAMESPACE` and `LARDER_TOKEN` are read
 */
export async function recordRevision(
  distDir: string,
  env: NodeJS.ProcessEnv,
  log: Log,
): Promise<void> {
  if (!env.LARDER_URL) return;
  const { urls, namespace, token } = settingsFrom(env, log);
  const reasons: string[] = [];
  for (const url of urls) {
    try {
      const point = await askedPoint(url, namespace, token);
      await note(distDir, point);
      const where = point ? `revision ${point.revision}` : 'the beginning';
      return log.notice(`the pages of this build count as of ${where} of ${namespace} at ${url}`);
    } catch (error) {
      reasons.push(`${url}: ${causeOf(error)}`);
    }
  }
  if (reasons.length === 0) return;
  log.notice(
    `the server did not say where ${namespace} stands (${reasons.join('; ')}). The build is none the ` +
      'worse, but every invalidation ever made counts against its pages',
  );
}

/** Where a namespace stands; undefined for one nobody has used, which has no history yet. */
async function askedPoint(
  url: string,
  namespace: string,
  token: string | undefined,
): Promise<Point | undefined> {
  const answer = await fetch(`${url}/v1/${namespace}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
  });
  const json = answer.headers.get('content-type')?.startsWith('application/json') === true;
  if (answer.status === 404 && json) return undefined;
  if (!answer.ok || !json) {
    throw new Error(refusal(answer.status, answer.headers.get('location') ?? undefined));
  }
  return (await answer.json()) as Point;
}

/** Why something failed: what `fetch` rejects with only says that it did. */
function causeOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return `no answer within ${PATIENCE} ms`;
  return cause?.code ?? cause?.message ?? message;
}

/** Writes the point beside the pages of each router; nothing for a namespace without a history. */
async function note(distDir: string, point: Point | undefined): Promise<void> {
  if (!point) return;
  const { identity, revision } = point;
  for (const router of ['app', 'pages']) {
    const directory = join(distDir, 'server', router);
    if (!existsSync(directory)) continue;
    await writeFile(join(directory, REVISION_FILE), JSON.stringify({ identity, revision }));
  }
}
