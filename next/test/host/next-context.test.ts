import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { consumer, stampsInvalidations, workStore } from '../../src/host/next-context.js';

const root = mkdtempSync(join(tmpdir(), 'larder-next-'));
after(() => rmSync(root, { recursive: true }));

test('the reader is known from the storage that Next.js 16.4 keeps on globalThis', () => {
  const storage = new AsyncLocalStorage<object>();
  Object.assign(globalThis, { [Symbol.for('@next/work-unit-async-storage@16.4.6')]: storage });
  const readers = {
    request: 'page',
    'prerender-runtime': 'page',
    prerender: 'shell',
    'prerender-legacy': 'shell',
    cache: 'cache',
    'private-cache': 'cache',
    'unstable-cache': 'cache',
    'something-new': 'unknown',
  };
  for (const [type, reader] of Object.entries(readers)) {
    assert.equal(storage.run({ type }, consumer), reader, type);
  }
  assert.equal(consumer(), 'unknown');
});

test('the request is known from the module that Next.js before 16.4 has loaded', () => {
  const directory = join(root, 'node_modules', 'next', 'dist', 'server', 'app-render');
  const file = join(directory, 'work-async-storage.external.js');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    file,
    "exports.workAsyncStorage = new (require('node:async_hooks').AsyncLocalStorage)();",
  );
  const { workAsyncStorage } = createRequire(import.meta.url)(file) as {
    workAsyncStorage: AsyncLocalStorage<object>;
  };
  const store = { pendingRevalidatedTags: [] };
  assert.equal(workAsyncStorage.run(store, workStore), store);
  assert.equal(workStore(), undefined);
});

test('which Next.js notes when it invalidates is known from the version of what is loaded', () => {
  assert.ok(stampsInvalidations());
  const { cache } = createRequire(import.meta.url);
  const manifest = join(root, 'node_modules', 'next', 'package.json');
  for (const [version, stamps] of Object.entries({
    '16.0.11': false,
    '16.2.12': false,
    '16.3.0': true,
    '16.20.0': true,
    '17.0.1': true,
  })) {
    writeFileSync(manifest, JSON.stringify({ version }));
    delete cache[realpathSync(manifest)];
    assert.equal(stampsInvalidations(), stamps, version);
  }
});
