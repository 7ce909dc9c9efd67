import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe } from 'node:test';
import { EdgeApp } from './support/edge-app.mjs';
import { Fleet } from './support/fleet.mjs';

describe('Others of which something runs on the edge', () => {
  const fleet = Fleet.ofSuite('e2e-edge-others', { names: [], larder: false, delay: 20 });
  const variants = {
    'with Cache Components, by Turbopack': {
      parts: ['proxy', 'edge API route'],
      cacheComponents: true,
      bundler: 'turbopack',
    },
    'without them, by webpack': {
      parts: ['edge page', 'edge middleware', 'edge API route'],
      cacheComponents: false,
      bundler: 'webpack',
    },
  };
  fleet.test(
    'with experimental.useCache, by Turbopack, are built, or are told why not',
    async () => {
      const app = new EdgeApp(join(fleet.directory, 'use-cache'), {
        parts: ['edge route'],
        cacheComponents: false,
        useCache: true,
        bundler: 'turbopack',
      });
      const failure = await app.build();
      if (failure !== undefined)
        assert.match(failure, /larder: app\/edge-route\/route\.js runs on the edge/);
    },
  );
  for (const [how, variant] of Object.entries(variants)) {
    fleet.test(`are built ${how}, and answer`, async () => {
      const app = new EdgeApp(join(fleet.directory, variant.bundler), variant);
      assert.equal(await app.build(), undefined);
      const instance = await fleet.join(variant.bundler, { directory: app.directory });
      assert.match(await instance.page('/'), /at home/);
      assert.equal(await instance.page('/api/edge'), 'on the edge: string');
    });
  }
});
