import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { timed } from '../support/fixtures.js';
import { Generation, Instance } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';

test('after kill -9 and a restart, entries are served and invalidations hold', async (t) => {
  const server = await RealServer.start(t);
  const a = new Instance(t, server.url);
  const b = new Instance(t, server.url);
  await b.fill('kept', 'kept', { tags: ['kept-tag'] });
  await a.fill('gone', 'old', { tags: ['gone-tag'] });
  assert.equal(await b.peek('gone'), 'old #1');
  await a.handler.updateTags(['gone-tag']);
  await server.kill();
  await a.disconnected();
  await b.disconnected();

  const generation = new Generation();
  const spent = await timed(async () => {
    const read = a.read('gone', generation);
    await generation.running();
    generation.end('alone');
    assert.equal(await read, 'alone #1');
  });
  assert.ok(spent < 2500, `${spent} ms`);
  assert.ok((await timed(() => a.peek('kept'))) < 100);

  await server.serve();
  await a.connected();
  await a.handler.updateTags(['kept-tag']);
  const later = new Instance(t, server.url);
  // What was generated during the outage began after the invalidation, and may have been sent.
  assert.ok(['alone #1', undefined].includes(await later.peek('gone')));
  assert.equal(await later.peek('kept'), undefined);
  await later.fill('again', 'v');
  await a.handler.updateTags(['unrelated']);
  assert.equal(await a.peek('again'), 'v #1');
});

test('after a restart with an emptied data directory nothing of the old history is served', async (t) => {
  const server = await RealServer.start(t);
  const a = new Instance(t, server.url);
  await a.fill('k', 'old');
  const generation = new Generation();
  const straddling = a.read('straddling', generation);
  await generation.running();
  await server.kill();
  server.forget();
  await server.serve();
  await a.connected();
  generation.end();
  await straddling;
  await a.roundTrip();
  assert.equal(await a.peek('straddling'), undefined);
  await a.fill('fresh', 'v');
  assert.equal(await new Instance(t, server.url).peek('fresh'), 'v #1');
  assert.equal(await new Instance(t, server.url).peek('k'), undefined);
});

test('a frozen server costs the first reads the timeout, the following nothing, and is found again', async (t) => {
  const server = await RealServer.start(t);
  const timeout = 1000;
  await new Instance(t, server.url).fill('k', 'v');
  const a = new Instance(t, server.url, { timeout });
  await a.connected();
  while ((await a.peek('k')) !== 'v #1') await setImmediate();
  server.signal('SIGSTOP');
  const spent = await timed(async () => {
    while (!a.log.notices.some((line) => line.startsWith('nothing heard'))) {
      await a.peek('k');
      await setImmediate();
    }
  });
  assert.ok(spent < timeout * 3, `${spent} ms`);
  for (let n = 0; n < 20; n++) {
    const next = await timed(() => a.peek('k'));
    assert.ok(next < timeout / 3, `${next} ms`);
  }
  server.signal('SIGCONT');
  while ((await a.peek('k')) !== 'v #1') await setImmediate();
});

test('an invalidation made while the server is frozen is confirmed when it goes on', async (t) => {
  const server = await RealServer.start(t);
  const a = new Instance(t, server.url, { timeout: 300 });
  const b = new Instance(t, server.url);
  await b.fill('k', 'v', { tags: ['frozen'] });
  await a.connected();
  server.signal('SIGSTOP');
  const invalidated = a.handler.updateTags(['frozen']);
  await a.log.until('nothing heard');
  server.signal('SIGCONT');
  await invalidated;
  assert.equal(await b.peek('k'), undefined);
});

test('a follower is not held longer than its patience when the server freezes during the wait', async (t) => {
  const server = await RealServer.start(t);
  const a = new Instance(t, server.url);
  const b = new Instance(t, server.url, { timeout: 300 });
  await Promise.all([a.connected(), b.connected()]);
  assert.equal(await a.peek('k'), undefined);
  const waiting = timed(() => b.peek('k'));
  await b.roundTrip();
  server.signal('SIGSTOP');
  assert.ok((await waiting) < 3000, `${await waiting} ms`);
  server.signal('SIGCONT');
});

test('a process that starts without a server connects to it when it comes', async (t) => {
  const server = await RealServer.start(t);
  await server.kill();
  const a = new Instance(t, server.url);
  assert.equal(await a.peek('k'), undefined);
  await a.disconnected();
  await server.serve();
  await a.fill('k', 'v');
  assert.equal(await new Instance(t, server.url).peek('k'), 'v #1');
});
