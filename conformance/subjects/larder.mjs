import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../examples/shop/e2e/support/ports.mjs';
import { LarderStore } from '../stores/larder.mjs';
import { NotInstalled } from './subject.mjs';

const adapter = fileURLToPath(new URL('../../next/', import.meta.url));

/** @type {import('./subject.mjs').Subject} */
export const larder = {
  name: 'Larder',
  version: () => JSON.parse(readFileSync(join(adapter, 'package.json'), 'utf8')).version,
  about: 'With `LARDER_TIMEOUT=1000`, so that a busy machine does not look like an outage.',
  async deploy(directory) {
    const module = join(adapter, 'dist/cache-handlers.js');
    if (!process.env.LARDER_JAR) throw new NotInstalled('LARDER_JAR does not name the server');
    if (!existsSync(module)) throw new NotInstalled(`${module} is missing; run ./larder build`);
    const store = new LarderStore(await freePort(), join(directory, 'larder'));
    await store.start();
    return {
      module,
      routes: join(adapter, 'dist/cache-handler.js'),
      store,
      environment: {
        LARDER_URL: store.url,
        LARDER_NAMESPACE: 'conformance',
        LARDER_TIMEOUT: '1000',
      },
      stop: () => store.stop(),
    };
  },
};
