import { freePort } from '@larder/harness/ports';
import { Larder } from '@larder/harness/larder';
import { Redis } from '@larder/harness/redis';
import { temporaryDirectory } from '@larder/harness/temporary';

export const token = 'a-token';
export const readToken = 'a-token-to-read-with';

/** What the servers of a test file keep their databases in; 'sentinel' is a Redis with a replica. */
export const over = { store: 'embedded' };

/** A server in a process of its own, with a token for everything and one to read with. */
export async function startedServer(options = []) {
  const directory = temporaryDirectory();
  const store = await startedStore(directory);
  const server = new Larder(
    await freePort(),
    store ? undefined : `${directory}/data`,
    ['--token', token, '--redis-read-token', readToken, ...options].concat(
      store ? ['--store', store.url] : [],
    ),
  );
  await server.start();
  return Object.assign(server, {
    store,
    async stopAll() {
      await server.stop();
      await store?.stop();
    },
  });
}

async function startedStore(directory) {
  if (over.store === 'redis') return Redis.alone(directory);
  if (over.store === 'sentinel') return Redis.sentinel(directory);
  if (over.store === 'cluster') return Redis.cluster(directory);
  return undefined;
}

/** Asks as a client without an SDK does. */
export async function ask(url, { method = 'POST', body, headers = {}, as = token } = {}) {
  const answer = await fetch(url, {
    method,
    body: typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body,
    headers: { ...(as && { authorization: `Bearer ${as}` }), ...headers },
    signal: AbortSignal.timeout(20_000),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const json = answer.headers.get('content-type')?.includes('json');
  return {
    status: answer.status,
    headers: answer.headers,
    bytes,
    body: json && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined,
  };
}
