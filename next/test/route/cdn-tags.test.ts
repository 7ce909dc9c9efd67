import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../src/route/codec.js';
import { nameTags } from '../../src/route/cdn-tags.js';
import type { AppRoute } from '../../src/route/value.js';
import { whole } from '../../src/wire/value.js';
import { cdnTag } from '../../src/wire/cdn-tag.js';
import { answer } from '../support/fake-server.js';
import { fakeServer } from '../support/fixtures.js';
import { buildDirectory, PAGE, RouteInstance } from '../support/route-instance.js';

/** A page as Next.js hands it over, with tags. */
function tagged(tags: string): { kind: 'APP_PAGE'; html: string; headers: Record<string, string> } {
  return { kind: 'APP_PAGE', html: '<p>x</p>', headers: { 'x-next-cache-tags': tags } };
}

test('a page names its tags where it is asked to, in the first response and in those that follow', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t), {
    cdnTags: 'cache-tag',
    nearCache: 0,
  });
  const scope = instance.scope();
  await instance.routes.get('/x', PAGE, scope);
  const value = tagged('product:3,layout');
  await instance.routes.set('/x', value, { ...PAGE, cacheControl: { revalidate: 60 } }, scope);
  const names = ['product:3', 'layout', cdnTag('product:3,layout')].join(',');
  assert.equal(value.headers['cache-tag'], names);
  const { content } = (await server.received('PUT'))[0]!;
  const kept = decode(whole(content.value))!.value as typeof value;
  assert.equal(kept.headers['cache-tag'], undefined, 'what is stored is as Next.js made it');
  server.on('LOOKUP', () =>
    answer({ operation: 'FRESH', current: server.current, entry: { revision: 7n, content } }),
  );
  const found = await instance.routes.get('/x', PAGE, instance.scope());
  assert.equal((found!.value as typeof value).headers['cache-tag'], names);
});

test('no page names its tags where it is not asked to', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const value = tagged('product:3');
  await instance.routes.set(
    '/x',
    value,
    { ...PAGE, cacheControl: { revalidate: 60 } },
    instance.scope(),
  );
  assert.deepEqual(Object.keys(value.headers), ['x-next-cache-tags']);
});

test('a response with more tags than a header holds is kept by no CDN', () => {
  const route = (): AppRoute => ({
    kind: 'APP_ROUTE',
    body: Buffer.of(),
    status: 200,
    headers: {},
  });
  const many = Array.from({ length: 1000 }, (_, n) => `product:${n}`);
  const value = route();
  nameTags(value, many, 'surrogate-key');
  assert.deepEqual(value.headers, { 'cdn-cache-control': 'no-store' });
  const few = route();
  nameTags(few, ['a', 'b c', 'a'], 'surrogate-key');
  assert.deepEqual(few.headers, { 'surrogate-key': `a ${cdnTag('b c')}` });
  nameTags(null, ['a'], 'xkey');
});
