import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import type { Settings } from '../../src/runtime/settings.js';
import { answer } from '../support/fake-server.js';
import { handlerOf, nextEntry } from '../support/fixtures.js';
import { nearProcess } from '../support/near-process.js';

/** Pushes are trusted for a minute; without the server nothing is served from here. */
const PUSH: Partial<Settings> = { staleness: 60_000, outageStaleness: 0 };

test('a hit costs one refresh a request, however many entries it reads', async (t) => {
  const { server, instance } = await nearProcess(t);
  for (const key of ['a', 'b', 'c']) await instance.request(key);
  const before = server.frames.length;
  assert.equal(await instance.request('a'), 'value');
  assert.equal(await instance.read('b'), 'value');
  assert.equal(await instance.read('c'), 'value');
  assert.equal(await instance.read('a'), 'value');
  assert.deepEqual(
    server.frames.slice(before).map(({ operation }) => operation),
    ['REFRESH'],
  );
  assert.deepEqual(instance.outcomes, [
    'remote',
    'remote',
    'remote',
    'near',
    'near',
    'near',
    'near',
  ]);
});

test('the lookup of what is not near does not wait for the refresh', async (t) => {
  const { server, instance } = await nearProcess(t);
  await instance.request();
  server.messages.length = 0;
  await instance.request('other');
  assert.deepEqual(server.messages, [['REFRESH', 'LOOKUP']]);
});

test('strict: what was invalidated before a request began is not served, pushed or not', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  await instance.request();
  history.text = 'new';
  history.stamp = 8n;
  history.invalidate('t', 0, false);
  assert.equal(await instance.request(), 'new');
  assert.deepEqual(instance.outcomes, ['remote', 'remote']);
  assert.equal(await instance.request(), 'new');
  assert.equal(server.count('LOOKUP'), 2);
});

test('a soft tag counts for the routes that carry it, also before this process began', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  history.stamp = 5n;
  const soft = { revision: 6n, expiresIn: 0, tags: ['_N_T_/sale'] };
  server.on('REFRESH', () =>
    answer({ operation: 'REFRESHED', current: server.current, since: 2n, invalidations: [soft] }),
  );
  await instance.request('k', ['_N_T_/']);
  await instance.request('k', ['_N_T_/']);
  assert.deepEqual(instance.outcomes, ['remote', 'near']);
  await instance.request('k', ['_N_T_/sale']);
  assert.deepEqual(instance.outcomes, ['remote', 'near', 'remote']);
});

test('an entry older than what is known of the history is not served from here', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  history.stamp = 5n;
  server.on('REFRESH', () =>
    answer({ operation: 'REFRESHED', current: server.current, since: 6n, invalidations: [] }),
  );
  await instance.request();
  await instance.request();
  assert.deepEqual(instance.outcomes, ['remote', 'remote']);
});

test('after a reconnection to the same history, what was kept is served again', async (t) => {
  const { server, instance } = await nearProcess(t);
  await instance.request();
  server.peer.socket.terminate();
  await server.received('HELLO', 2);
  assert.equal(await instance.request(), 'value');
  assert.equal(server.count('LOOKUP'), 1);
});

test('what happened while it was away counts after a reconnection', async (t) => {
  for (const changes of [{}, PUSH]) {
    const { history, server, instance } = await nearProcess(t, changes);
    await instance.request();
    server.peer.socket.terminate();
    history.text = 'new';
    history.stamp = 8n;
    history.invalidate('t', 0, false);
    await server.received('HELLO', 2);
    assert.equal(await instance.request(), 'new');
  }
});

test('after another history nothing that was kept is served', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  await instance.request();
  server.current = { identity: 99n, revision: 7n };
  history.text = 'new';
  server.peer.socket.terminate();
  await server.received('HELLO', 2);
  assert.equal(await instance.request(), 'new');
});

test('what this process generated is served from here, until the server has something newer', async (t) => {
  const { server, instance } = await nearProcess(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  assert.equal(await instance.request(), undefined);
  await instance.handler.set('k', Promise.resolve(nextEntry('generated')));
  assert.equal(await instance.request(), 'generated');
  assert.equal(server.count('LOOKUP'), 1);
  server.on('PUT', () => answer({ operation: 'STORED', outcome: 'superseded' }));
  await instance.handler.set('k', Promise.resolve(nextEntry('again')));
  await instance.until('superseded');
  assert.equal(await instance.request(), undefined);
  assert.equal(server.count('LOOKUP'), 2);
});

test('what this process invalidates is not served here any more, before anything is pushed', async (t) => {
  for (const changes of [{}, PUSH]) {
    const { history, server, instance } = await nearProcess(t, changes);
    await instance.request();
    server.on('INVALIDATE', ({ tags }) => {
      history.invalidate(tags[0]!, 0, false);
      return answer({ operation: 'INVALIDATED', asof: server.current });
    });
    await instance.handler.updateTags(['t']);
    history.text = 'new';
    history.stamp = 8n;
    assert.equal(await instance.request(), 'new');
  }
});

test('an invalidation confirmed after others that were not heard of yet is known when it returns', async (t) => {
  const { history, server, instance } = await nearProcess(t, PUSH);
  await instance.request();
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate('other', 0, false);
    history.invalidate(tags[0]!, 0, false);
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  await instance.handler.updateTags(['t']);
  history.text = 'new';
  history.stamp = 9n;
  assert.equal(await instance.request(), 'new');
});

test('a generation is stamped with what the near cache knew, not with what was heard of', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  await instance.request();
  history.invalidate('t', 0, false);
  await instance.read('other');
  await instance.handler.set('made', Promise.resolve(nextEntry('v')));
  assert.equal((await server.received('PUT'))[0]!.asof.revision, 7n);
  await instance.request();
  await instance.handler.set('made', Promise.resolve(nextEntry('v')));
  assert.equal((await server.received('PUT', 2))[1]!.asof.revision, 8n);
});

test('a purged key is not served from here, whatever its tags', async (t) => {
  const { history, instance } = await nearProcess(t);
  await instance.request();
  history.text = 'new';
  history.invalidate(`larder:key:${keyOf('k').id}`);
  assert.equal(await instance.request(), 'new');
});

test('what is generated on demand replaces what others keep', async (t) => {
  const { history, server, instance } = await nearProcess(t);
  await instance.request();
  server.on('INVALIDATE', ({ tags }) => {
    history.invalidate(tags[0]!);
    history.text = 'on demand';
    return answer({ operation: 'INVALIDATED', asof: server.current });
  });
  const { handler } = handlerOf(t, server.url, {
    request: () => ({ isOnDemandRevalidate: true }),
    timeout: 1000,
  });
  await handler.get('other', []);
  await handler.set('k', Promise.resolve(nextEntry('on demand')));
  const [invalidate] = await server.received('INVALIDATE');
  assert.deepEqual(invalidate!.tags, [`larder:key:${keyOf('k').id}`]);
  const order = server.frames.map(({ operation }) => operation);
  assert.ok(order.indexOf('PUT') < order.indexOf('INVALIDATE'));
  assert.equal(await instance.request(), 'on demand');
  assert.equal(await instance.request(), 'on demand');
  assert.equal(instance.outcomes.at(-1), 'near');
});
