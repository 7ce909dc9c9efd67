import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { nextEntry, textOf as said, untilPut } from '../support/fixtures.js';
import { RealServer } from '../support/real-server.js';
import { buildDirectory, page, RouteInstance, textOf } from '../support/route-instance.js';

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** A process of a build, with a near cache, beside those of others. */
async function instanceOf(
  t: TestContext,
  build: string,
  namespace: string,
): Promise<RouteInstance> {
  // As it says itself what it runs, where it has no directory.
  process.env.NEXT_DEPLOYMENT_ID = build;
  t.after(() => delete process.env.NEXT_DEPLOYMENT_ID);
  const directory = buildDirectory(t, build);
  const instance = new RouteInstance(t, server.url, directory, { namespace, wait: 0 });
  await instance.connected();
  return instance;
}

/** The key of a cached function of a build. */
const keyOf = (build: string): string => `["${'c0'.repeat(21)}",["x"],["${build}"]]`;

/** Has a process store a page and what a cached function of its build returns. */
async function fill(instance: RouteInstance, build: string): Promise<void> {
  await instance.fill('/x', page(`page of ${build}`));
  await store(instance, keyOf(build), `value of ${build}`);
}

async function store(instance: RouteInstance, key: string, text: string): Promise<void> {
  await untilPut(instance.emitted, () =>
    instance.handler.set(key, Promise.resolve(nextEntry(text))),
  );
}

/** What a process finds of a build. */
async function found(instance: RouteInstance, build: string): Promise<(string | undefined)[]> {
  const entry = await instance.handler.get(keyOf(build), []);
  return [textOf(await instance.peek('/x')), entry && (await said(entry))];
}

test('while two builds run, an invalidation from either reaches both', async (t) => {
  const namespace = `t-${randomUUID()}`;
  const old = await instanceOf(t, 'old', namespace);
  const next = await instanceOf(t, 'new', namespace);
  for (const from of [old, next]) {
    await fill(old, 'old');
    await fill(next, 'new');
    assert.deepEqual(await found(old, 'old'), ['page of old', 'value of old']);
    assert.deepEqual(await found(next, 'new'), ['page of new', 'value of new']);
    await from.handler.updateTags(['t']);
    assert.deepEqual(await found(old, 'old'), [undefined, undefined]);
    assert.deepEqual(await found(next, 'new'), [undefined, undefined]);
  }
});

test('two deployments whose builds have one id do not find the pages of each other', async (t) => {
  const namespace = `t-${randomUUID()}`;
  const [old, next] = ['d1', 'd2'].map((deploymentId) => {
    const directory = buildDirectory(t, 'build-TfctsWXpff2fKS');
    const manifest = join(directory, '..', 'required-server-files.json');
    writeFileSync(manifest, JSON.stringify({ config: { deploymentId } }));
    return new RouteInstance(t, server.url, directory, { namespace, wait: 0 });
  });
  await old!.fill('/x', page('of the old one'));
  await next!.connected();
  assert.equal(textOf(await next!.peek('/x')), undefined);
  assert.equal(textOf(await old!.peek('/x')), 'of the old one');
});

test('what no other build finds is said to be of its build, and nothing else', async (t) => {
  const namespace = `t-${randomUUID()}`;
  const instance = await instanceOf(t, 'old', namespace);
  await fill(instance, 'old');
  const durable = `["${'c0'.repeat(21)}",["x"],["5f2b","16.4.6"]]${'0a'.repeat(32)}`;
  await store(instance, durable, 'survives');
  const data = { headers: {}, body: '', status: 200, url: 'http://origin/' };
  const value = { kind: 'FETCH', data, revalidate: 60 } as const;
  await instance.store('f', value, { fetchCache: true }, instance.scope());
  const answer = await fetch(`${server.url}/v1/${namespace}/entries`);
  const { entries } = (await answer.json()) as { entries: { kind: string; build: string }[] };
  assert.deepEqual(entries.map(({ kind, build }) => `${kind}: ${build}`).sort(), [
    'fetch: ',
    'page: old',
    'use-cache: ',
    'use-cache: old',
  ]);
});
