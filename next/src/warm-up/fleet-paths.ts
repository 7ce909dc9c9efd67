import { ASKABLE } from '../host/request.js';
import type { Settings } from '../runtime/settings.js';
import { refusal } from '../transport/connection-state.js';
import { UNNAMED } from '../transport/no-transport.js';
import { get } from './get.js';

/** What of the settings says where the paths are known, and who asks. */
export type Servers = Pick<Settings, 'urls' | 'namespace' | 'token' | 'authority'>;

/**
 * The paths the fleet reads most, the most first, by all servers together: each knows what its
 * processes report.
 *
 * @param top how many at most
 * @throws Error when no server could be asked: with what is wrong with the first
 */
export async function pathsOfFleet(
  { urls, namespace, token, authority }: Servers,
  top: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (urls.length === 0) throw new Error(UNNAMED);
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const told = await Promise.allSettled(
    urls.map(async (url) => {
      const address = new URL(`${url}/v1/${namespace}/paths?limit=${top}`);
      const { status, body } = await get(address, { headers, signal, authority, keep: true });
      // A namespace nobody has used yet, or a server that does not count paths.
      if (status === 404) return [];
      if (status !== 200) throw new Error(`${url} ${refusal(status)}`);
      return readsIn(body);
    }),
  );
  const answers = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (answers.length === 0) throw new Error(reasonOf(told, urls));
  return merged(answers).slice(0, top);
}

/** All paths of several answers, the one that was read most first. */
function merged(answers: readonly (readonly Reads[])[]): string[] {
  const reads = new Map<string, number>();
  for (const { path, reads: more } of answers.flat()) {
    reads.set(path, (reads.get(path) ?? 0) + more);
  }
  return [...reads].sort(([, one], [, other]) => other - one).map(([path]) => path);
}

interface Reads {
  readonly path: string;
  readonly reads: number;
}

/** What an answer says, as far as it can be asked for. */
function readsIn(body: string): Reads[] {
  const { paths } = JSON.parse(body) as { paths?: readonly Partial<Reads>[] };
  return (paths ?? []).filter(
    (read): read is Reads =>
      typeof read.path === 'string' && ASKABLE.test(read.path) && typeof read.reads === 'number',
  );
}

function reasonOf(told: readonly PromiseSettledResult<unknown>[], urls: readonly string[]): string {
  const [first] = told;
  const why = first?.status === 'rejected' ? (first.reason as NodeJS.ErrnoException) : undefined;
  const late = why?.name === 'AbortError' || why?.name === 'TimeoutError';
  const said = late ? 'no answer in time' : why?.message || why?.code || 'no answer';
  return `${urls.join(' or ')} was not asked: ${said}`;
}
