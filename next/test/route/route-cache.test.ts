import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { ServedRequest } from '../../src/host/request.js';
import { decode, encode } from '../../src/route/codec.js';
import { KEPT } from '../../src/route/life.js';
import { crc32 } from '../../src/wire/crc32.js';
import type { Content } from '../../src/wire/frame.js';
import { whole } from '../../src/wire/value.js';
import { answer, HISTORY } from '../support/fake-server.js';
import { fakeServer } from '../support/fixtures.js';
import { Prerendered } from '../support/prerendered.js';
import { collectGarbage } from '../support/memory.js';
import {
  buildDirectory,
  howOf,
  page,
  PAGE,
  RouteInstance,
  textOf,
} from '../support/route-instance.js';

/** Content as a server answers it: a page with no end to its life. */
function stored(
  age: number,
  value = encode({ value: page('old'), cacheControl: { revalidate: false }, lived: 0 }),
): Content {
  const life = { stale: 0, revalidate: KEPT / 2, expire: KEPT };
  return { tags: ['t'], life, age, value: [value], checksum: crc32(value) };
}

test('what only its storage would let go of is stored once more, as old as it is', async (t) => {
  const server = await fakeServer(t);
  let age = 0;
  server.on('LOOKUP', () =>
    answer({
      operation: 'STALE',
      current: server.current,
      lease: 9n,
      entry: { revision: 3n, content: stored(age) },
    }),
  );
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  // Once its time has come, and shortly before, when the server has it regenerated early.
  for (const [n, passed] of [60_000, -30_000].entries()) {
    age = (KEPT / 2) * 1000 + passed;
    const found = await instance.peek('/x');
    assert.equal(textOf(found), 'old');
    assert.equal(howOf(found!), 'HIT');
    const { content: put, asof, lease } = (await server.received('PUT', n + 1))[n]!;
    assert.deepEqual(asof, { identity: HISTORY.identity, revision: 3n });
    assert.equal(lease, 9n);
    assert.deepEqual(
      [put.tags, put.life],
      [['t'], { stale: 0, revalidate: KEPT / 2, expire: KEPT }],
    );
    assert.ok(put.age < 10_000);
    const record = decode(whole(put.value));
    assert.ok(Math.abs(record!.lived - age) < 10_000);
    assert.deepEqual(record!.cacheControl, { revalidate: false, expire: undefined });
  }
});

test('bytes of another format are a miss, and are replaced', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => {
    const content = stored(0, Buffer.from([99, 1, 2, 3]));
    return answer({
      operation: 'FRESH',
      current: server.current,
      entry: { revision: 7n, content },
    });
  });
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const scope = instance.scope();
  assert.equal(await instance.routes.get('/x', PAGE, scope), null);
  await instance.routes.set(
    '/x',
    page('new'),
    { ...PAGE, cacheControl: { revalidate: 60 } },
    scope,
  );
  const { content } = (await server.received('PUT'))[0]!;
  assert.ok(decode(whole(content.value)));
});

test('a navigation that finds no shell keeps nobody else from rendering one', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const scope = instance.scope({ _requestHeaders: { rsc: '1' } });
  assert.equal(await instance.routes.get('/x', { ...PAGE, isRoutePPREnabled: true }, scope), null);
  const [released] = await server.received('RELEASE');
  assert.equal(released!.lease, 5n);
});

test('where Next.js strands a navigation, it is given what the build left while no server can be asked', async (t) => {
  const directory = buildDirectory(t);
  const made = new Prerendered(directory);
  const key = made.appPage('/listed/1', '<p>built</p>', { age: 600_000 });
  made.end();
  const given = async (strands: boolean, ...rawHeaders: string[]): Promise<boolean> => {
    const instance = new RouteInstance(
      ...([
        t,
        'http://127.0.0.1:1',
        directory,
        { outageStaleness: 0 },
        undefined,
        strands,
      ] as const),
    );
    const response = new EventEmitter() as never;
    instance.exchange = new ServedRequest({ rawHeaders, url: '/listed/1' }, response);
    const context = { ...PAGE, isRoutePPREnabled: true };
    const given = await instance.routes.get(key, context, instance.scope());
    // What is there only to be rendered anew has no time.
    return given !== null && given.lastModified !== -1;
  };
  assert.equal(await given(true, 'RSC', '1'), true);
  // A navigation may have joined whoever asks for the page itself.
  assert.equal(await given(true), true);
  assert.equal(await given(false), false);
  assert.equal(await given(false, 'RSC', '1'), false);
});

test('a page that is never served is not stored, and nobody is to wait for it', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const scope = instance.scope();
  await instance.routes.get('/x', PAGE, scope);
  await instance.routes.set('/x', page('x'), { ...PAGE, cacheControl: { revalidate: 0 } }, scope);
  assert.equal((await server.received('PUT'))[0]!.content.life.expire, 0);
});

test('a value that cannot be stored keeps nobody waiting', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const scope = instance.scope();
  await instance.routes.get('/x', PAGE, scope);
  const strange = { kind: 'SOUND' } as never;
  await instance.routes.set('/x', strange, { cacheControl: { revalidate: 60 } }, scope);
  const [put] = await server.received('PUT');
  assert.deepEqual([put!.lease, put!.content.life.expire], [5n, 0]);
});

test('a page that lives for less than a second is stored', async (t) => {
  const server = await fakeServer(t);
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  await instance.connected();
  const scope = instance.scope();
  await instance.routes.set('/x', page('x'), { ...PAGE, cacheControl: { revalidate: 0.5 } }, scope);
  assert.equal((await server.received('PUT'))[0]!.content.life.revalidate, 0);
});

test('nothing that is wrong with a value or a context reaches Next.js', async (t) => {
  const server = await fakeServer(t);
  const instance = new RouteInstance(t, server.url, buildDirectory(t));
  const scope = instance.scope();
  const strange = { kind: 'SOUND' } as never;
  await instance.routes.set('/x', strange, { cacheControl: { revalidate: 60 } }, scope);
  assert.match(instance.log.notices.join(), /could not be stored.*"SOUND"/);
  assert.equal(await instance.routes.get('/x', {}, scope), null);
});

test('an answer that does not come is a miss, within the timeout', async (t) => {
  const server = await fakeServer(t);
  const instance = new RouteInstance(t, server.url, buildDirectory(t), { timeout: 100 });
  await instance.connected();
  server.freeze();
  for (const context of [PAGE, { kind: 'FETCH' } as const, { kind: 'IMAGE' } as const]) {
    assert.equal(await instance.peek('/x', context), null);
  }
});

test('a request whose render failed leaves nothing of itself behind', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 5n }));
  const instance = new RouteInstance(t, server.url, buildDirectory(t), { timeout: 5000 });
  const heap = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const fail = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      const cookie = Buffer.alloc(16_384, `${n}`).toString();
      const scope = instance.scope({ _requestHeaders: { cookie } });
      assert.equal(await instance.routes.get(`/never/rendered/${n}`, PAGE, scope), null);
    }
  };
  await fail(0, 100);
  const before = heap();
  await fail(100, 4100);
  const perRequest = (heap() - before) / 4000;
  assert.ok(perRequest < 8192, `${Math.round(perRequest)} bytes of each request are kept`);
});
