import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { Settings } from '../../src/runtime/settings.js';
import { answer } from '../support/fake-server.js';
import { nextEntry } from '../support/fixtures.js';
import { nearProcess, NearProcess } from '../support/near-process.js';

test('without the server nothing is served from here, unless the settings allow it', async (t) => {
  const { server, instance } = await nearProcess(t);
  const waiter = new NearProcess(t, server.url, { outageStaleness: 400 });
  for (const each of [instance, waiter]) assert.equal(await each.request(), 'value');
  const known = now();
  await server.close();
  await Promise.all([instance, waiter].map((each) => each.until('no connection')));
  assert.equal(await instance.request(), undefined);
  assert.equal(await waiter.request(), 'value');
  assert.deepEqual([instance.outcomes.at(-1), waiter.outcomes.at(-1)], ['bypass', 'near']);
  while ((await waiter.request()) === 'value') {
    assert.ok(now() - known < 400 + 50, `${now() - known} ms`);
    await pause(5);
  }
});

test('what is generated without the server is served for as long as the settings allow', async (t) => {
  const { server, instance } = await nearProcess(t, { outageStaleness: 400 });
  await instance.request('other');
  await server.close();
  await instance.until('no connection');
  await pause(400);
  assert.equal(await instance.request(), undefined);
  await instance.handler.set('k', Promise.resolve(nextEntry('generated')));
  assert.equal(await instance.request(), 'generated');
});

test('without the server one of those who ask regenerates what is stale, and the others are served it', async (t) => {
  const { server, instance } = await nearProcess(t, { outageStaleness: 60_000 });
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  assert.equal(await instance.request(), undefined);
  const stale = nextEntry('made', { timestamp: now() - 10_000, revalidate: 5 });
  await instance.handler.set('k', Promise.resolve(stale));
  await server.close();
  await instance.until('no connection');
  const found = await Promise.all(Array.from({ length: 5 }, () => instance.handler.get('k', [])));
  const looks = found.map((entry) => now() > entry!.timestamp + entry!.revalidate * 1000);
  assert.deepEqual(looks, [true, false, false, false, false]);
});

test('an entry known to be invalidated is not served without the server either', async (t) => {
  const { history, server, instance } = await nearProcess(t, { outageStaleness: 60_000 });
  await instance.request();
  history.invalidate('t');
  await instance.request('other');
  await server.close();
  await instance.until('no connection');
  assert.equal(await instance.request(), undefined);
});

/** Five requests for what this process is generating, whether or not the server is `away`. */
async function joining(t: TestContext, changes: Partial<Settings>, away: boolean) {
  const { server, instance } = await nearProcess(t, changes);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await instance.request();
  if (away) {
    await server.close();
    await instance.until('no connection');
  }
  const timestamp = now();
  let end = (): void => {};
  const generation = new Promise<void>((resolve) => (end = resolve));
  const set = instance.handler.set(
    'k',
    generation.then(() => nextEntry('generated', { timestamp })),
  );
  const readers = Array.from({ length: 5 }, () => instance.request());
  end();
  await set;
  return Promise.all(readers);
}

test('readers of this process are given what it generates', async (t) => {
  const generated = Array(5).fill('generated');
  assert.deepEqual(await joining(t, {}, false), generated);
  assert.deepEqual(await joining(t, { outageStaleness: 5000 }, true), generated);
});

test('strict: without the server readers generate themselves what was begun before them', async (t) => {
  assert.deepEqual(await joining(t, {}, true), Array(5).fill(undefined));
});

test('readers of this process are not given what was invalidated while it was generated', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await instance.request();
  const timestamp = now();
  let end = (): void => {};
  const generation = new Promise<void>((resolve) => (end = resolve));
  void instance.handler.set(
    'k',
    generation.then(() => nextEntry('generated', { timestamp })),
  );
  history.invalidate('t', 0, false);
  const reader = instance.request();
  end();
  assert.equal(await reader, undefined);
});

test('an invalidation that was not confirmed counts here until it is delivered', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  const { port } = server;
  await instance.request('t');
  await server.close();
  await instance.until('no connection');
  await assert.rejects(instance.handler.updateTags(['t']), /could not invalidate \["t"\]/);
  server.on('INVALIDATE', () =>
    answer({ operation: 'ERROR', code: 'store-unavailable', message: 'not yet' }),
  );
  await server.listen(port);
  while (instance.outcomes.at(-1) !== 'miss') {
    assert.equal(await instance.request(), undefined);
    await pause(5);
  }
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate(tags[0]!, 0, false);
    history.stamp = 8n;
    history.text = 'new';
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  await instance.until('are confirmed');
  assert.equal(await instance.request(), 'new');
});
