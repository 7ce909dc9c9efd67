import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test, type TestContext } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import type { RouteAnswer } from '../../src/route/life.js';
import type { CallContext } from '../../src/route/route-key.js';
import type { Fetched } from '../../src/route/value.js';
import type { Settings } from '../../src/runtime/settings.js';
import { Answering } from '../support/answering.js';
import { timed } from '../support/fixtures.js';
import { RealServer } from '../support/real-server.js';
import {
  buildDirectory,
  howOf,
  page,
  PAGE,
  Render,
  RouteInstance,
  textOf,
} from '../support/route-instance.js';
import { VALUES } from '../support/route-values.js';

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** For instances that only look: nobody is to wait for what nobody renders. */
const ALONE = { wait: 0 };

async function fleet(
  t: TestContext,
  {
    count = 2,
    build = buildDirectory(t),
    ...changes
  }: Partial<Settings> & { count?: number; build?: string } = {},
): Promise<RouteInstance[]> {
  const namespace = namespaceOf(t);
  const instances = Array.from(
    { length: count },
    () => new RouteInstance(t, server.url, build, { namespace, ...changes }),
  );
  await Promise.all(instances.map((instance) => instance.connected()));
  return instances;
}

/** A tag of a page, and how a person or a webhook may write it. */
const BY_HAND = [
  ['_N_T_/isr/a,b', '_N_T_/isr/a,b'],
  ['{"type":"product","id":3,"lang":"de"}', '{"type":"product","id":3,"lang":"de"}'],
  ['caf%C3%A9', 'café'],
  ['thé', 'th%C3%A9'],
  ['cr%C3%A8me,b,c', 'crème,b,c'],
  [`_N_T_/p/${encodeURIComponent('漢'.repeat(1000))}`, `_N_T_/p/${'漢'.repeat(1000)}`],
] as const;

for (const endpoint of ['invalidate', 'purge']) {
  test(`a tag is ${endpoint}d by hand, whatever is in it`, async (t) => {
    const namespace = namespaceOf(t);
    const [a, b] = await fleet(t, { namespace, ...ALONE });
    for (const [n, [carried, written]] of BY_HAND.entries()) {
      const key = `/page-${n}`;
      const cacheControl = { revalidate: 60 };
      const tags = `_N_T_/layout,first,${carried},last`;
      const scope = a!.scope();
      assert.equal(await a!.routes.get(key, PAGE, scope), null);
      await a!.store(key, page('old', tags), { ...PAGE, cacheControl }, scope);
      for (const instance of [a!, b!]) assert.equal(textOf(await instance.peek(key)), 'old');
      const answer = await fetch(`${server.url}/v1/${namespace}/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tags: [written] }),
      });
      assert.equal(answer.status, 200, await answer.text());
      for (const instance of [a!, b!]) assert.equal(await instance.peek(key), null, written);
    }
  });
}

test('what one stores, the other finds, of every kind', async (t) => {
  const [a, b] = await fleet(t);
  const scope = a!.scope();
  for (const [name, value] of Object.entries(VALUES)) {
    const kind = value?.kind ?? 'PAGES';
    const shared = kind === 'FETCH' || kind === 'IMAGE';
    const cacheControl = { revalidate: 60, expire: 3600 };
    const context: CallContext = { kind: kind === 'REDIRECT' ? 'PAGES' : kind };
    await a!.routes.get(name, context, scope);
    await a!.store(name, value, { ...context, fetchCache: kind === 'FETCH', cacheControl }, scope);
    for (const instance of [a!, b!]) {
      const answer = await instance.peek(name, context);
      assert.ok(answer, name);
      assert.deepEqual(answer.value, value, name);
      assert.deepEqual(answer.cacheControl, shared ? undefined : cacheControl, name);
      assert.ok(now() - answer.lastModified < 10_000, name);
    }
  }
});

test('twenty requests on two instances render a page once, cold and stale', async (t) => {
  const [a, b] = await fleet(t);
  const render = new Render({ revalidate: 1, expire: 3600 });
  const ask = () =>
    [a!, b!].flatMap((each) => Array.from({ length: 10 }, () => each.ask('/x', render)));
  const cold = ask();
  await render.running();
  render.end('first');
  assert.deepEqual(
    new Set((await Promise.all(cold)).map(({ text }) => text)),
    new Set(['first #1']),
  );
  const rendered = now();
  await until(async () => now() - rendered > 1200);
  const stale = await Promise.all(ask());
  assert.ok(stale.every(({ text }) => text === 'first #1'));
  await render.running(2);
  render.end('second');
  await until(async () => textOf(await b!.peek('/x')) === 'second #2');
  assert.equal(render.started, 2);
});

for (const [name, control] of [
  ['with a life', { revalidate: 60, expire: 3600 }],
  ['without an end', { revalidate: false }],
] as const) {
  test(`revalidateTag(tag, 'max') makes a page ${name} stale on both, and blocks nobody`, async (t) => {
    const [a, b] = await fleet(t);
    await a!.fill('/x', page('old'), { cacheControl: control });
    for (const each of [a!, b!]) assert.equal(howOf((await each.peek('/x'))!), 'HIT');
    await a!.handler.updateTags(['t'], { expire: 31536000 });
    const answers = await Promise.all([a!, b!].map((each) => each.peek('/x')));
    assert.deepEqual(answers.map(textOf), ['old', 'old']);
    assert.deepEqual(answers.map((answer) => howOf(answer!)).sort(), ['HIT', 'STALE']);
  });
}

test('revalidateTag(tag) and revalidatePath make pages missing on both', async (t) => {
  const [a, b] = await fleet(t, ALONE);
  await a!.fill('/x', page('tagged', 'products,_N_T_/x'));
  await a!.fill('/y', VALUES.pages!, { kind: 'PAGES' });
  for (const key of ['/x', '/y']) assert.ok(await b!.peek(key), key);
  await b!.handler.updateTags(['products']);
  await b!.handler.updateTags(['_N_T_/y']);
  for (const each of [a!, b!]) {
    for (const key of ['/x', '/y']) assert.equal(await each.peek(key), null, key);
  }
});

test('{ expire: n } serves what is stale until then, and not what was rendered since', async (t) => {
  const [a, b] = await fleet(t);
  await a!.fill('/old', page('old'));
  await a!.fill('/new', page('old'));
  await a!.handler.updateTags(['t'], { expire: 1 });
  await a!.fill('/new', page('new'));
  assert.equal(textOf(await b!.peek('/old')), 'old');
  await until(async () => (await b!.peek('/old')) === null);
  assert.equal(textOf(await b!.peek('/new')), 'new');
});

test('a render that began before an invalidation is not served after it', async (t) => {
  const [a, b] = await fleet(t, ALONE);
  const render = new Render();
  const asked = a!.ask('/x', render);
  await render.running();
  await b!.handler.updateTags(['t']);
  render.end('late');
  assert.equal((await asked).text, 'late #1');
  await a!.roundTrip();
  for (const each of [a!, b!]) assert.equal(await each.peek('/x'), null);
});

test('an on-demand render that replaces a fresh page is served everywhere once it is done', async (t) => {
  const [a, b] = await fleet(t);
  await a!.fill('/x', page('old'), { cacheControl: { revalidate: false } });
  for (const each of [a!, b!]) assert.equal(textOf(await each.peek('/x')), 'old');
  const render = new Render({ revalidate: false });
  const done = a!.revalidate('/x', render);
  await render.running();
  render.end('new');
  await done;
  for (const each of [a!, b!]) assert.equal(textOf(await each.peek('/x')), 'new #1');
});

test('builds do not share pages, and share what is fetched', async (t) => {
  const namespace = namespaceOf(t);
  const [one, two] = ['build-1', 'build-2'].map(
    (id) => new RouteInstance(t, server.url, buildDirectory(t, id), { namespace }),
  );
  await one!.fill('/x', page('one'));
  await one!.fill('f', VALUES.fetched!, { kind: 'FETCH', fetchCache: true, tags: ['f'] });
  await two!.connected();
  assert.equal(await two!.peek('/x'), null);
  assert.ok(await two!.peek('f', { kind: 'FETCH', tags: ['f'] }));
  await two!.handler.updateTags(['t', 'f']);
  assert.equal(await one!.peek('/x'), null);
  assert.equal(await one!.peek('f', { kind: 'FETCH' }), null);
});

test('a page of an unknown build is not cached', async (t) => {
  const [a] = await fleet(t, { count: 1, build: '/nowhere/server' });
  const scope = a!.scope();
  await a!.routes.get('/x', PAGE, scope);
  await a!.routes.set('/x', page('x'), { ...PAGE, cacheControl: { revalidate: 60 } }, scope);
  assert.equal(await a!.peek('/x'), null);
});

test('the path of a reader invalidates what it fetched, for that reader only', async (t) => {
  const [a, b] = await fleet(t, ALONE);
  await a!.fill('f', VALUES.fetched!, { kind: 'FETCH', fetchCache: true });
  await b!.handler.updateTags(['_N_T_/x']);
  const read = (path: string) => ({ kind: 'FETCH', softTags: [`_N_T_${path}`] }) as const;
  for (const each of [a!, b!]) {
    assert.equal(await each.peek('f', read('/x')), null);
    assert.ok(await each.peek('f', read('/y')));
  }
});

test('requests that need the same of an origin fetch it once', async (t) => {
  const [a, b] = await fleet(t);
  const origin = new Render();
  const answers = [a!, b!].flatMap((each) =>
    Array.from({ length: 10 }, () => fetching(each, 'f', origin)),
  );
  await origin.running();
  origin.end('body');
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['body #1']));
  assert.equal(origin.started, 1);
});

test('a response that is not cached holds nobody up for long, and not twice', async (t) => {
  const [a, b] = await fleet(t);
  const answer = new Answering();
  a!.exchange = answer.exchange;
  assert.equal(await a!.routes.get('f', { kind: 'FETCH' }, a!.scope()), null);
  a!.exchange = undefined;
  const second = a!.routes.get('f', { kind: 'FETCH' }, a!.scope());
  const third = b!.routes.get('f', { kind: 'FETCH' }, b!.scope());
  answer.sent();
  assert.equal(await second, null);
  assert.equal(await third, null);
  assert.ok((await timed(() => a!.routes.get('f', { kind: 'FETCH' }, a!.scope()))) < 1000);
});

test('nobody waits for a page once its request has looked for another in its place', async (t) => {
  const [a, b] = await fleet(t, { wait: 60_000 });
  a!.exchange = new Answering().exchange;
  assert.equal(await a!.peek('/x'), null);
  const follower = b!.peek('/x');
  await a!.peek('/[id]', { ...PAGE, isFallback: true });
  assert.equal(await follower, null);
});

test('nobody waits for a page once its request is answered without it', async (t) => {
  const [a, b] = await fleet(t, { wait: 60_000 });
  const answer = new Answering();
  a!.exchange = answer.exchange;
  assert.equal(await a!.peek('/x'), null);
  const follower = b!.peek('/x');
  answer.sent();
  assert.equal(await follower, null);
});

test('a render that fails lets go of all who wait for it at once', async (t) => {
  const [a, ...others] = await fleet(t, { count: 4, wait: 60_000 });
  const answer = new Answering();
  a!.exchange = answer.exchange;
  const render = new Render();
  const leader = a!.ask('/x', render);
  await render.running();
  const waiting = others.map((each) => each.ask('/x', render));
  await Promise.all(others.map((each) => each.roundTrip()));
  render.end(new Error('the origin went away'));
  await assert.rejects(leader);
  answer.sent();
  // None of these ends before all have begun.
  await render.running(4);
  render.end('page');
  assert.equal(new Set(await Promise.all(waiting)).size, 3);
});

test('a page that is rendered although nobody stayed to see it is waited for', async (t) => {
  const [a, b] = await fleet(t, { wait: 60_000 });
  const answer = new Answering();
  a!.exchange = answer.exchange;
  const render = new Render();
  const leader = a!.ask('/x', render);
  await render.running();
  const follower = b!.ask('/x', new Render());
  answer.left();
  render.end('page');
  await leader;
  assert.equal((await follower).text, 'page #1');
});

test('what a browser only fetches ahead is refreshed by somebody else', async (t) => {
  const [a, b] = await fleet(t);
  await a!.fill('/x', page('old'));
  await a!.handler.updateTags(['t'], { expire: 60 });
  a!.exchange = new Answering(['Next-Router-Prefetch', '1']).exchange;
  assert.equal(howOf((await a!.peek('/x'))!), 'STALE');
  assert.equal(howOf((await b!.peek('/x'))!), 'STALE');
});

test('a page whose render throws is not waited for twice', async (t) => {
  const [a, b] = await fleet(t);
  const render = new Render();
  const failing = a!.ask('/x', render);
  await render.running();
  render.end(new Error('no'));
  await assert.rejects(failing);
  const again = a!.ask('/x', render);
  await render.running(2);
  const other = b!.ask('/x', render);
  await render.running(3);
  render.end('at last');
  assert.equal((await again).text, 'at last #2');
  assert.equal((await other).text, 'at last #3');
});

test('what a failed render leaves as it was is as old as it is', async (t) => {
  const [a, b] = await fleet(t);
  await a!.fill('/x', page('old'));
  await a!.handler.updateTags(['t'], { expire: 2 });
  const render = new Render();
  const asked = a!.ask('/x', render);
  await render.running();
  render.end(new Error('no'));
  assert.equal((await asked).text, 'old');
  await a!.roundTrip();
  await until(async () => (await b!.peek('/x')) === null);
  assert.equal(await a!.peek('/x'), null);
});

test('a stored value does not slow down who waits for it', async (t) => {
  const [a] = await fleet(t, { count: 1 });
  server.signal('SIGSTOP');
  try {
    const scope = a!.scope();
    const took = await timed(() =>
      a!.routes.set('/x', page('x'), { ...PAGE, cacheControl: { revalidate: 60 } }, scope),
    );
    assert.ok(took < 100, `${took} ms`);
  } finally {
    server.signal('SIGCONT');
  }
});

/** A request that fetches `key`, from the cache or its origin. */
async function fetching(instance: RouteInstance, key: string, origin: Render): Promise<string> {
  const scope = instance.scope();
  const found = await instance.routes.get(key, { kind: 'FETCH', revalidate: 60 }, scope);
  if (found) return bodyOf(found);
  const body = await origin.run();
  const data = {
    headers: {},
    body: Buffer.from(body).toString('base64'),
    status: 200,
    url: 'http://o/',
  };
  await instance.routes.set(
    key,
    { kind: 'FETCH', data, revalidate: 60 },
    { fetchCache: true, tags: ['f'] },
    scope,
  );
  return body;
}

function bodyOf({ value }: RouteAnswer): string {
  return Buffer.from((value as Fetched).data.body!, 'base64').toString();
}

function namespaceOf(t: TestContext): string {
  return `t-${t.name
    .replace(/[^a-z0-9]+/gi, '-')
    .toLowerCase()
    .slice(0, 20)}-${randomUUID().slice(0, 8)}`;
}

/** Done when `condition` holds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = now() + 20_000;
  while (!(await condition())) {
    if (now() > deadline) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
