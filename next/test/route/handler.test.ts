import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import Handler from '@larder/next/cache-handler';
import handler from '@larder/next/cache-handlers';
import NoHandler from '../../src/process/route-cache-edge.js';
import { fakeServer } from '../support/fixtures.js';

const works = new AsyncLocalStorage<object>();
Object.assign(globalThis, { [Symbol.for('@next/work-async-storage@test')]: works });

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

test('both handlers of this process, and every copy of them, are one client', async (t) => {
  const server = await fakeServer(t);
  process.env.LARDER_URL = server.url;
  const again = (await import(`${import.meta.resolve('@larder/next/cache-handler')}?again`)) as {
    default: typeof Handler;
  };
  await handler.get('k', []);
  await new Handler().get('f', { kind: 'FETCH' });
  await new again.default().get('f', { kind: 'FETCH' });
  assert.equal(server.peers.length, 1);

  // Next.js passes one invalidation on to both.
  const request = { pendingRevalidatedTags: [{ tag: 't', revalidatedAt: 0 }] };
  await works.run(request, async () => {
    await handler.updateTags(['t']);
    await new Handler().revalidateTag(['t'], undefined);
  });
  assert.equal(server.count('INVALIDATE'), 1);
  await new Handler().revalidateTag('other', { expire: 31536000 });
  const frames = await server.received('INVALIDATE', 2);
  assert.deepEqual(
    frames.map(({ tags, expire }) => [tags, expire]),
    [
      [['t'], 0],
      [['other'], 31536000],
    ],
  );
});
