import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@larder/harness/ports';
import { LarderStore } from '../stores/larder.mjs';
import { NotInstalled } from './subject.mjs';

/** Where the adapter is, which must be built. */
const adapter = fileURLToPath(new URL('../../next/', import.meta.url));

/** Larder, whose instances keep a connection. */
export const larder = over('websocket', 'Larder');

/** Larder, whose instances keep none. */
export const larderHttp = over('http', 'Larder over HTTP', {
  'When the instance that generates is killed, another one generates, and only one':
    'without a connection the lease ends by its deadline (10 s), and who waits does so for 5 s',
});

/**
 * Larder over one of its transports, with a server of its own for each run.
 *
 * @param {'websocket' | 'http'} transport
 * @param {string} name
 * @param {Record<string, string>} known sentences that do not hold over it, and why
 * @returns {import('./subject.mjs').Subject}
 */
function over(transport, name, known = {}) {
  return {
    name,
    known,
    version: () => JSON.parse(readFileSync(join(adapter, 'package.json'), 'utf8')).version,
    about: 'With `LARDER_TIMEOUT=1000`, so that a busy machine does not look like an outage.',
    async deploy(directory, { serve = [], authority } = {}) {
      const module = join(adapter, 'dist/cache-handlers.js');
      if (!process.env.LARDER_JAR) throw new NotInstalled('LARDER_JAR does not name the server');
      if (!existsSync(module)) throw new NotInstalled(`${module} is missing; run ./larder build`);
      const store = new LarderStore(await freePort(), join(directory, 'larder'), serve, authority);
      await store.start();
      return {
        module,
        routes: join(adapter, 'dist/cache-handler.js'),
        store,
        environment: {
          LARDER_URL: store.url,
          LARDER_NAMESPACE: 'conformance',
          LARDER_TIMEOUT: '1000',
          LARDER_TRANSPORT: transport,
        },
        stop: () => store.stop(),
      };
    },
  };
}
