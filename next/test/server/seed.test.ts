import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NEVER } from '../../src/wire/frame.js';
import { Prerendered } from '../support/prerendered.js';
import type { Settings } from '../../src/runtime/settings.js';
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

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

interface Made {
  /** Milliseconds since the page was rendered. */
  readonly age?: number;
  readonly revalidate?: number;
  /** Whether the build notes where the history stands. */
  readonly note?: boolean;
  /** What an instance of an older build does before. */
  readonly before?: (older: RouteInstance) => Promise<void>;
  /** What the instances are told. */
  readonly changes?: Partial<Settings>;
}

/** Runs `larder-seed` for a build, as one does ahead of a deployment. */
async function seeded(directory: string, env: NodeJS.ProcessEnv): Promise<string> {
  const cli = fileURLToPath(new URL('../../src/seed-cli.js', import.meta.url));
  const args = [cli, join(directory, '../..'), '--dist', basename(join(directory, '..'))];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...env },
  });
  return stdout;
}

/** A build with one page, and instances that run it. */
async function built(
  t: TestContext,
  { age = 0, revalidate = 60, note = false, before, changes = {} }: Made = {},
): Promise<{ key: string; instances: RouteInstance[] }> {
  const namespace = `seed-${randomUUID()}`;
  const directory = buildDirectory(t);
  const made = new Prerendered(directory);
  const older = new RouteInstance(t, server.url, buildDirectory(t, 'older'), { namespace });
  await older.connected();
  await before?.(older);
  if (note) made.recordRevision(older.client.history);
  const key = made.appPage('/x', 'built', { age, revalidate });
  made.end();
  const instances = Array.from(
    { length: 2 },
    () => new RouteInstance(t, server.url, directory, { namespace, ...changes }),
  );
  await Promise.all(instances.map((instance) => instance.connected()));
  return { key, instances };
}

test('the first request for a prerendered page is a hit, and the page is shared', async (t) => {
  const { key, instances } = await built(t);
  for (const instance of instances) {
    const answer = await instance.peek(key);
    assert.equal(textOf(answer), 'built');
    assert.equal(howOf(answer!), 'HIT');
  }
  const stored = instances.flatMap(({ emitted }) => emitted.filter(({ type }) => type === 'put'));
  assert.equal(stored.length, 1);
});

test('one whose time has come is served, and rendered once for all', async (t) => {
  const { key, instances } = await built(t, { age: 120_000 });
  const render = new Render();
  const served = await Promise.all(instances.map((instance) => instance.ask(key, render)));
  assert.deepEqual(
    served.map(({ text }) => text),
    ['built', 'built'],
  );
  await render.running();
  render.end('new');
  await instances[0]!.roundTrip();
  assert.equal(render.started, 1);
});

test('one that has expired is not served', async (t) => {
  const { key, instances } = await built(t, { age: 4_000_000 });
  assert.equal(await instances[0]!.peek(key), null);
});

for (const note of [true, false]) {
  const how = note ? 'that knows when it was made' : 'that does not';

  test(`an invalidation after a build ${how} expires its pages`, async (t) => {
    // Nobody is to wait for what nobody renders here.
    const { key, instances } = await built(t, { note, changes: { wait: 0 } });
    const [a, b] = instances as [RouteInstance, RouteInstance];
    await a.handler.updateTags(['t']);
    for (const each of [a, b]) assert.equal(await each.peek(key), null);
  });

  test(`an invalidation of anything else does not expire those of a build ${how}`, async (t) => {
    const { key, instances } = await built(t, { note });
    await instances[0]!.handler.updateTags(['other']);
    assert.equal(textOf(await instances[1]!.peek(key)), 'built');
  });
}

test('an invalidation before a build expires its pages only if the build cannot be dated', async (t) => {
  const before = (older: RouteInstance) => older.handler.updateTags(['t']);
  const dated = await built(t, { note: true, before });
  assert.equal(textOf(await dated.instances[0]!.peek(dated.key)), 'built');
  const undated = await built(t, { note: false, before });
  assert.equal(await undated.instances[0]!.peek(undated.key), null);
});

test("revalidateTag(tag, 'max') makes a prerendered page stale", async (t) => {
  const { key, instances } = await built(t, { note: true });
  await instances[0]!.handler.updateTags(['t'], { expire: NEVER });
  assert.equal(howOf((await instances[1]!.peek(key))!), 'STALE');
});

test('a page that replaced one of the build is not replaced by it again', async (t) => {
  const { key, instances } = await built(t, { note: true });
  const [a, b] = instances as [RouteInstance, RouteInstance];
  assert.equal(textOf(await a.peek(key)), 'built');
  const render = new Render();
  const done = a.revalidate(key, render);
  await render.running();
  render.end('new');
  await done;
  for (const each of [a, b]) assert.equal(textOf(await each.peek(key)), 'new #1');
  await a.fill('/y', page('y'));
  assert.equal(textOf(await b.peek(key, PAGE)), 'new #1');
});

test('larder-seed puts every page of a build ahead of its deployment, once', async (t) => {
  const namespace = `seed-${randomUUID()}`;
  const directory = buildDirectory(t);
  const made = new Prerendered(directory);
  const keys = [
    [made.appPage('/x', 'x'), PAGE],
    [made.shell('/remote/[id]', 'shell'), { ...PAGE, isFallback: true, isRoutePPREnabled: true }],
    [made.appRoute('/feed', 'feed'), { ...PAGE, kind: 'APP_ROUTE' }],
    [made.page('/old', 'old'), { ...PAGE, kind: 'PAGES' }],
    [made.page('/older', 'older', false), { ...PAGE, kind: 'PAGES' }],
  ] as const;
  made.end();
  const env = { LARDER_URL: server.url, LARDER_NAMESPACE: namespace };
  assert.match(
    await seeded(directory, env),
    /5 pages of build build-1 are in seed-\S+, 0 were there/,
  );
  assert.match(await seeded(directory, env), /0 pages .* 5 were there/);
  // The same build without its files.
  const instance = new RouteInstance(t, server.url, buildDirectory(t), { namespace });
  await instance.connected();
  for (const [key, context] of keys) assert.ok(await instance.peek(key, context), key);
  const listed = await fetch(`${server.url}/v1/${namespace}/entries?sort=key`);
  const { entries } = (await listed.json()) as { entries: { label: string; kind: string }[] };
  assert.deepEqual(entries.map(({ label, kind }) => `${kind} ${label}`).sort(), [
    'page /old',
    'page /older',
    'page /remote/[id]',
    'page /x',
    'route /feed',
  ]);
});

test('until 16.2 a path that was not found is looked at again once it is invalidated', async (t) => {
  const namespace = `seed-${randomUUID()}`;
  const directory = buildDirectory(t);
  const made = new Prerendered(directory);
  made.missing('/no');
  made.end();
  const instance = new RouteInstance(t, server.url, directory, { namespace });
  await instance.connected();
  const asked = { ...PAGE, kind: 'PAGES' } as const;
  const first = await instance.peek('/no', asked);
  assert.equal(first?.value, null);
  assert.ok(first.lastModified > 0);
  await instance.handler.updateTags(['_N_T_/no']);
  assert.deepEqual(await instance.peek('/no', asked), { value: null, lastModified: -1 });
});
