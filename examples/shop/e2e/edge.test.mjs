import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import { freePort } from '@larder/harness/ports';
import { EdgeApp } from './support/edge-app.mjs';
import { Fleet } from './support/fleet.mjs';
import { Instance } from './support/instance.mjs';

// Every combination is built by builds.mjs, and edge-others.test.mjs runs some; here is the one that holds most.

describe('An app of which much runs on the edge', () => {
  const fleet = Fleet.ofSuite('e2e-edge', { names: [], delay: 20 });
  const parts = ['edge page', 'edge route', 'edge middleware', 'edge API route'];
  const app = new EdgeApp(join(fleet.directory, 'edge'), {
    parts,
    cacheComponents: false,
    bundler: 'turbopack',
  });

  before(() =>
    fleet.explained(async () => {
      assert.equal(await app.build(), undefined);
      for (const name of ['A', 'B']) await fleet.join(name, { directory: app.directory });
    }),
  );

  fleet.test(
    'without Cache Components, too, it is said at the start who is connected to what',
    async () => {
      const env = { LARDER_URL: fleet.larder.url, LARDER_NAMESPACE: 'e2e-edge' };
      const s = new Instance('S', await freePort(), { env, directory: app.directory });
      s.launch();
      try {
        await s.printed(`larder: connected to ${fleet.larder.url}, namespace e2e-edge`);
      } finally {
        await s.stop();
      }
    },
  );

  fleet.test('all of it answers', async () => {
    for (const instance of [fleet.a, fleet.b]) {
      assert.match(await instance.page('/edge-page'), /on the edge.*string/);
      assert.equal(await instance.page('/api/edge'), 'on the edge: string');
      const { headers } = await instance.ask('/');
      assert.equal(headers.get('x-before'), 'on the edge: string');
    }
  });

  fleet.test('an invalidation of its edge route is true on all instances', async () => {
    const { a, b } = fleet;
    const printed = async (instance) => JSON.parse(await instance.page('/printed')).text;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      const before = await printed(one);
      assert.equal(await printed(other), before);
      const { status, text } = await one.ask('/edge-route?tag=printed', { method: 'POST' });
      assert.deepEqual([status, text], [200, 'on the edge: string']);
      const after = await printed(other);
      assert.notEqual(after, before);
      assert.equal(await printed(one), after);
    }
  });
});
