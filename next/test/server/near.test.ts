import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { Settings } from '../../src/runtime/settings.js';
import { nextEntry, textOf } from '../support/fixtures.js';
import { Generation, Instance, looksStale, ROUTE } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

const PUSH: Partial<Settings> = { staleness: 1000, outageStaleness: 1000 };

test('a second read on each instance is from its own memory', async (t) => {
  const { url } = server;
  const [a, b] = [new Instance(t, url), new Instance(t, url)];
  await a.fill('k0', 'value');
  assert.equal(await a.peek('k0'), 'value #1');
  assert.equal(a.outcome, 'near');
  assert.equal(await b.peek('k0'), 'value #1');
  assert.equal(b.outcome, 'remote');
  assert.equal(await b.peek('k0'), 'value #1');
  assert.equal(b.outcome, 'near');
});

test('what one instance invalidates is not served from the memory of another', async (t) => {
  const { url } = server;
  const [a, b] = [new Instance(t, url), new Instance(t, url)];
  for (const [tags, durations, expected] of [
    [['t'], undefined, undefined],
    [[ROUTE[0]!], undefined, undefined],
    [['t'], { expire: 0 }, undefined],
    [['t'], { expire: 3600 }, 'value #1'],
  ] as const) {
    await a.fill('k1', 'value');
    await b.peek('k1');
    await b.peek('k1');
    assert.equal(b.outcome, 'near');
    await a.handler.updateTags([...tags], durations);
    assert.equal(await b.peek('k1'), expected);
    assert.notEqual(b.outcome, 'near');
    await a.handler.updateTags(['t']);
  }
});

test('a process judges entries older than itself for routes that never read them', async (t) => {
  const { url } = server;
  const a = new Instance(t, url);
  await a.fill('k2', 'value');
  await a.handler.updateTags(['_N_T_/sale']);
  const b = new Instance(t, url);
  await b.connected();
  assert.equal(await b.peek('k2', ['_N_T_/']), 'value #1');
  assert.equal(await b.peek('k2', ['_N_T_/other']), 'value #1');
  assert.equal(b.outcome, 'near');
  assert.equal(await b.peek('k2', ['_N_T_/sale']), undefined);
});

test('a cold burst over instances with memories of their own is one generation', async (t) => {
  const { url } = server;
  const [a, b] = [new Instance(t, url), new Instance(t, url)];
  await Promise.all([a.connected(), b.connected()]);
  const generation = new Generation();
  const reads = [a, b].flatMap((instance) =>
    Array.from({ length: 10 }, () => instance.read('k8', generation)),
  );
  await generation.running();
  generation.end('value');
  assert.deepEqual(await Promise.all(reads), Array(20).fill('value #1'));
  assert.equal(generation.started, 1);
});

test('a process that has just started has what the fleet reads most', async (t) => {
  const { url } = server;
  const a = new Instance(t, url);
  await a.fill('hot', 'value');
  await new Instance(t, url).peek('hot');
  const b = new Instance(t, url, { warm: 8 << 20 });
  await b.connected();
  await b.log.until('warmed');
  assert.equal(await b.peek('hot'), 'value #1');
  assert.equal(b.outcome, 'near');
});

test('push: an invalidation on one instance counts on the other', async (t) => {
  const { url } = server;
  const [a, b] = [new Instance(t, url, PUSH), new Instance(t, url, PUSH)];
  await a.fill('k3', 'value');
  await b.peek('k3');
  await b.peek('k3');
  assert.equal(b.outcome, 'near');
  await a.handler.updateTags(['t']);
  const confirmed = now();
  while ((await b.peek('k3')) !== undefined) {
    assert.ok(now() - confirmed < PUSH.staleness!, 'longer behind than allowed');
    await pause(1);
  }
});

test('push: a frozen server is trusted for the staleness, and found again', async (t) => {
  const a = new Instance(t, server.url, { ...PUSH, timeout: 200 });
  await a.fill('k4', 'value');
  await a.peek('k4');
  server.signal('SIGSTOP');
  const frozen = now();
  while ((await a.peek('k4')) !== undefined) {
    assert.ok(now() - frozen < PUSH.staleness! + 500, 'longer behind than allowed');
    await pause(5);
  }
  assert.equal(a.outcome, 'bypass');
  server.signal('SIGCONT');
  await a.connected();
  assert.equal(await a.peek('k4'), 'value #1');
});

test('after kill -9 and a restart, what was kept is served again after one refresh', async (t) => {
  const [a, b] = [new Instance(t, server.url), new Instance(t, server.url)];
  await a.fill('k5', 'value');
  await b.peek('k5');
  await a.handler.updateTags(['other']);
  await server.kill();
  assert.equal(await b.peek('k5'), undefined);
  assert.equal(b.outcome, 'bypass');
  await server.serve();
  await b.connected();
  assert.equal(await b.peek('k5'), 'value #1');
  assert.equal(b.outcome, 'near');
});

/** Something that changes, and of which a cached function shows the version. */
class Origin {
  readonly #versions = new Map<string, number>();
  readonly #confirmed = new Map<string, number>();

  version(tag: string): number {
    return this.#versions.get(tag) ?? 0;
  }

  /** The version every request that begins now must see, or a later one. */
  floor(tag: string): number {
    return this.#confirmed.get(tag) ?? 0;
  }

  change(tag: string): number {
    const version = this.version(tag) + 1;
    this.#versions.set(tag, version);
    return version;
  }

  confirm(tag: string, version: number): void {
    this.#confirmed.set(tag, Math.max(this.floor(tag), version));
  }
}

/** Reads what depends on `tag` in a request of its own; the version that is shown. */
async function show(instance: Instance, origin: Origin, tag: string): Promise<number> {
  const key = `shows ${tag}`;
  await instance.handler.refreshTags();
  const found = await instance.handler.get(key, ROUTE);
  if (found && !looksStale(found)) return Number(await textOf(found));
  const timestamp = now();
  const version = origin.version(tag);
  await pause(randomInt(3));
  const entry = nextEntry(String(version), { timestamp, tags: [tag] });
  await instance.handler.set(key, Promise.resolve(entry));
  return version;
}

test('strict: under load, crashes included, no request sees what was invalidated before it began', async (t) => {
  const settings = { timeout: 500, wait: 500, outageStaleness: 0 };
  const fleet = Array.from({ length: 4 }, () => new Instance(t, server.url, settings));
  await Promise.all(fleet.map((instance) => instance.connected()));
  const origin = new Origin();
  const tags = ['a', 'b', 'c', 'd', 'e'];
  const one = <T>(list: readonly T[]): T => list[randomInt(list.length)]!;
  let over = false;
  let reads = 0;
  let changes = 0;
  const reader = async (): Promise<void> => {
    while (!over) {
      const tag = one(tags);
      const floor = origin.floor(tag);
      const shown = await show(one(fleet), origin, tag);
      assert.ok(shown >= floor, `${tag}: shown ${shown}, confirmed ${floor}`);
      reads++;
      await pause(0);
    }
  };
  const editor = async (): Promise<void> => {
    while (!over) {
      const tag = one(tags);
      const version = origin.change(tag);
      await one(fleet)
        .handler.updateTags([tag])
        .then(
          () => origin.confirm(tag, version),
          () => {},
        );
      changes++;
      await pause(randomInt(20));
    }
  };
  const near = (): number =>
    fleet
      .flatMap(({ emitted }) => emitted)
      .filter((event) => event.type === 'lookup' && event.outcome === 'near').length;
  const all = [...Array.from({ length: 12 }, reader), editor(), editor()];
  const crashes = async (): Promise<void> => {
    for (let crash = 0; crash < 2; crash++) {
      await pause(1000);
      await server.kill();
      await pause(randomInt(200));
      await server.serve();
      await Promise.all(fleet.map((instance) => instance.connected()));
    }
    await pause(1000);
    while (reads < 100 || near() < 10 || changes < 10) await pause(100);
  };
  await Promise.race([crashes(), Promise.all(all)]).finally(() => (over = true));
  await Promise.all(all);
  t.diagnostic(`${reads} reads, ${near()} from memory, ${changes} changes`);
});

test('after a restart with an emptied data directory nothing that was kept is served', async (t) => {
  const a = new Instance(t, server.url, PUSH);
  await a.fill('k6', 'value');
  await server.kill();
  server.forget();
  await server.serve();
  await a.connected();
  assert.equal(await a.peek('k6'), undefined);
  assert.equal(a.outcome, 'miss');
});
