import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { now } from '../../src/runtime/clock.js';
import type { Settings } from '../../src/runtime/settings.js';
import { NEVER } from '../../src/wire/frame.js';
import { handlerOf, timed } from '../support/fixtures.js';
import { Generation, Instance, looksStale, PATIENT, ROUTE } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** Two instances of an app, connected. */
async function fleet(
  t: TestContext,
  changes: Partial<Settings> = {},
): Promise<[Instance, Instance]> {
  const pair: [Instance, Instance] = [
    new Instance(t, server.url, changes),
    new Instance(t, server.url, changes),
  ];
  await Promise.all(pair.map((instance) => instance.connected()));
  return pair;
}

/** What ends with its connection. */
const CONNECTED: Partial<Settings> = { transport: 'websocket' };

const many = <T>(count: number, task: () => Promise<T>): Promise<T>[] =>
  Array.from({ length: count }, task);

test('an entry generated on one instance is a hit on the other, with its age and its lives', async (t) => {
  const [a, b] = await fleet(t);
  const began = now();
  await a.fill('hit', 'café', { tags: ['é', 't'], stale: 7, revalidate: 90, expire: NEVER });
  const found = await b.handler.get('hit', ROUTE);
  assert.ok(found && Math.abs(found.timestamp - began) < 2000);
  assert.deepEqual(found.tags.toSorted(), ['t', 'é']);
  assert.deepEqual([found.stale, found.revalidate, found.expire], [7, 90, NEVER]);
  assert.equal(await b.peek('hit'), 'café #1');
});

test('keys that differ only in surrogates or NULs are different entries', async (t) => {
  const [a, b] = await fleet(t);
  await a.fill('["f",["\ud800"]]', 'one');
  await a.fill('["f",["\0"]]', 'two');
  assert.equal(await b.peek('["f",["\ud800"]]'), 'one #1');
  assert.equal(await b.peek('["f",["\0"]]'), 'two #1');
  assert.equal(await b.peek('["f",["\ud801"]]'), undefined);
});

test('a value of 16 MB and one of no bytes arrive whole', async (t) => {
  const [a, b] = await fleet(t);
  const large = 'x'.repeat(16 << 20);
  await a.fill('large', large);
  assert.ok((await b.peek('large')) === `${large} #1`);
  await a.handler.get('empty', ROUTE);
  const value = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  const entry = { value, tags: [], stale: 1, revalidate: 60, expire: 600, timestamp: now() };
  await a.handler.set('empty', Promise.resolve(entry));
  await a.roundTrip();
  assert.equal(await b.peek('empty'), '');
});

test('20 + 20 cold reads on two instances are one generation', async (t) => {
  const [a, b] = await fleet(t);
  const generation = new Generation();
  const reads = [a, b].flatMap((instance) => many(20, () => instance.read('cold', generation)));
  await generation.running();
  generation.end();
  const texts = await Promise.all(reads);
  assert.deepEqual(new Set(texts), new Set(['value #1']));
  assert.equal(generation.started, 1);
});

test('20 + 20 reads of an entry whose time has come are one regeneration, and all are served', async (t) => {
  const [a, b] = await fleet(t);
  await a.fillAged('aged', 'old');
  const generation = new Generation();
  const reads = [a, b].flatMap((instance) => many(20, () => instance.read('aged', generation)));
  assert.deepEqual(new Set(await Promise.all(reads)), new Set(['old #1']));
  assert.equal(generation.started, 1);
  generation.end('new');
});

test('a tag that is revalidated makes an entry stale: one regeneration, then it is fresh again', async (t) => {
  const [a, b] = await fleet(t);
  await a.fill('soft', 'old', { tags: ['soft-tag'] });
  await a.handler.updateTags(['soft-tag'], { expire: 31_536_000 });
  const generation = new Generation();
  const changes = { tags: ['soft-tag'] };
  const reads = [a, b].flatMap((instance) =>
    many(20, () => instance.read('soft', generation, changes)),
  );
  assert.deepEqual(new Set(await Promise.all(reads)), new Set(['old #1']));
  assert.equal(generation.started, 1);
  generation.end('new');
  const later = new Generation();
  for (const instance of [a, b]) {
    while ((await instance.read('soft', later)) === 'old #1');
    assert.equal(await instance.read('soft', later), 'new #1');
  }
  assert.equal(later.started, 0);
});

test('an invalidation on one instance is true on the other as soon as it returns', async (t) => {
  const [a, b] = await fleet(t);
  for (let n = 0; n < 20; n++) {
    const key = `strict ${n}`;
    await a.fill(key, `v${n}`, { tags: ['strict-tag', `other-${n}`] });
    assert.equal(await b.peek(key), `v${n} #1`);
    await (n % 2 ? a : b).handler.updateTags(['strict-tag']);
    assert.equal(await (n % 2 ? b : a).peek(key), undefined, `round ${n}`);
  }
});

test('a soft tag expires an entry for the routes that carry it, and for no other', async (t) => {
  const [a, b] = await fleet(t);
  await a.fill('route', 'v');
  await a.handler.updateTags(['_N_T_/products/3']);
  assert.equal(await b.peek('route', ['_N_T_/layout', '_N_T_/other']), 'v #1');
  assert.equal(await b.peek('route'), undefined);
});

test('an invalidation during a generation kills its result, wherever it is made', async (t) => {
  const [a, b] = await fleet(t);
  for (const [n, instance] of [a, b].entries()) {
    const generation = new Generation();
    const read = a.read(`racing ${n}`, generation, { tags: [`racing-${n}`] });
    await generation.running();
    await instance.handler.updateTags([`racing-${n}`]);
    generation.end();
    await read;
    await a.roundTrip();
    assert.equal(await b.peek(`racing ${n}`), undefined);
  }
});

test('what is generated after an invalidation survives it', async (t) => {
  const [a, b] = await fleet(t);
  await b.handler.updateTags(['after']);
  await a.handler.updateTags(['after']);
  await a.fill('after', 'v', { tags: ['after'] });
  assert.equal(await b.peek('after'), 'v #1');
});

test('a generation that fails lets go of all who wait for it', async (t) => {
  const [a, b] = await fleet(t);
  const failing = new Generation();
  const read = a.read('failing', failing).catch(() => 'failed');
  await failing.running();
  const next = new Generation();
  const waiting = many(5, () => b.read('failing', next));
  failing.end(new Error('boom'));
  assert.equal(await read, 'failed');
  await next.running(5);
  next.end();
  assert.equal(new Set(await Promise.all(waiting)).size, 5);
});

test('an instance that leaves in the middle of a generation hands its keys over at once', async (t) => {
  const [a, b] = await fleet(t, CONNECTED);
  assert.equal(await a.handler.get('leaving', ROUTE), undefined);
  const generation = new Generation();
  const waiting = many(5, () => b.read('leaving', generation));
  await b.roundTrip();
  const spent = await timed(async () => {
    a.leave();
    await generation.running();
  });
  assert.ok(spent < 1000, `${spent} ms`);
  generation.end();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['value #1']));
});

test('a process that is killed in the middle of a generation hands its keys over at once', async (t) => {
  const [, b] = await fleet(t);
  const program = fileURLToPath(new URL('../support/holder.js', import.meta.url));
  const holder = spawn(process.execPath, [program, server.url, 'killed'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  assert.equal(String(((await once(holder.stdout, 'data')) as [Buffer])[0]).trim(), 'generating');
  const generation = new Generation();
  const waiting = many(5, () => b.read('killed', generation));
  await b.roundTrip();
  const spent = await timed(async () => {
    holder.kill('SIGKILL');
    await generation.running();
  });
  assert.ok(spent < 1000, `${spent} ms`);
  generation.end();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['value #1']));
});

test('a follower whose patience is over generates alone', async (t) => {
  const [a] = await fleet(t);
  assert.equal(await a.handler.get('slow', ROUTE), undefined);
  const hasty = new Instance(t, server.url, { wait: 300 });
  await hasty.connected();
  const spent = await timed(async () => assert.equal(await hasty.peek('slow'), undefined));
  assert.ok(spent >= 300 && spent < 2500, `${spent} ms`);
});

test('set called when generation begins, as before Next.js 16.3, is one generation as well', async (t) => {
  const [a, b] = await fleet(t);
  const generation = new Generation();
  const read = async ({ handler }: Instance): Promise<void> => {
    if ((await handler.get('early', ROUTE)) !== undefined) return;
    await handler.set('early', generation.run({}));
  };
  const reads = [a, b].flatMap((instance) => many(10, () => read(instance)));
  await generation.running();
  generation.end();
  await Promise.all(reads);
  assert.equal(generation.started, 1);
});

test('a cached function read by a prerender is not given what is stale', async (t) => {
  const [a, b] = await fleet(t);
  await a.fillAged('shell', 'old', { expire: 3600 });
  const regeneration = new Generation();
  await a.read('shell', regeneration);
  await regeneration.running();
  const { handler } = handlerOf(t, server.url, { ...PATIENT, consumer: () => 'shell' });
  const found = handler.get('shell', ROUTE);
  await b.roundTrip();
  regeneration.end('new');
  const entry = await found;
  assert.ok(entry && !looksStale(entry));
});
