import assert from 'node:assert/strict';
import { test } from 'node:test';
import Handler from '@larder/next/cache-handler';
import handler from '@larder/next/cache-handlers';
import NoHandler from '../../src/route/edge.js';

test('the module exports a class with the four methods Next.js calls', () => {
  for (const Class of [Handler, NoHandler]) {
    const made = new Class();
    for (const method of ['get', 'set', 'revalidateTag', 'resetRequestCache'] as const) {
      assert.equal(typeof made[method], 'function', method);
    }
  }
});

test('what takes its place where there is no Node.js caches nothing', async () => {
  const made = new NoHandler();
  assert.equal(await made.get(), null);
  await made.set();
  assert.equal(await made.get(), null);
  await made.revalidateTag();
});

test('in a build nothing is found, nothing is kept and nothing connects', async () => {
  process.env.NEXT_PHASE = 'phase-production-build';
  try {
    const made = new Handler({ serverDistDir: '/nowhere' });
    await made.set('/x', null, { kind: 'PAGES' });
    assert.equal(await made.get('/x', { kind: 'PAGES' }), null);
    await assert.rejects(made.revalidateTag('t'), /cannot invalidate \["t"\] in a build/);
    assert.equal(await handler.get('k', []), undefined);
  } finally {
    delete process.env.NEXT_PHASE;
  }
});
