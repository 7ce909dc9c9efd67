import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import { encode } from '../../src/route/codec.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { crc32 } from '../../src/wire/crc32.js';
import { answer, type FakeServer } from '../support/fake-server.js';
import { content, fakeServer, handlerOf, nextEntry, textOf } from '../support/fixtures.js';
import { buildDirectory, page, PAGE, RouteInstance } from '../support/route-instance.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** A machine that can be suspended: the clock of Next.js does not see it, the wall clock does. */
class Machine {
  /** What the clock of Next.js shows. */
  shown = 1_000_000;
  wall = 5_000_000;
  readonly time = new Timekeeper(
    () => this.shown,
    () => this.wall,
  );

  run(milliseconds: number): void {
    this.shown += milliseconds;
    this.wall += milliseconds;
  }

  sleep(milliseconds: number): void {
    this.wall += milliseconds;
  }
}

test('time passes while the machine sleeps, and ages are right on both sides of it', () => {
  const machine = new Machine();
  const { time } = machine;
  const began = time.now();
  const shownBefore = machine.shown;
  machine.run(500);
  machine.sleep(HOUR);
  machine.run(500);
  assert.equal(time.now() - began, HOUR + SECOND);
  const shownAfter = machine.shown;
  assert.equal(time.at(shownBefore), began);
  assert.equal(time.at(shownAfter), time.now());
  machine.run(2 * SECOND);
  for (const moment of [began, time.at(shownAfter)]) {
    assert.equal(machine.shown - time.shown(moment), time.now() - moment);
  }
});

test('a wall clock that is set back changes nothing, and may be set right again', () => {
  const machine = new Machine();
  const { time } = machine;
  const began = time.now();
  machine.sleep(-HOUR);
  machine.run(SECOND);
  assert.equal(time.now() - began, SECOND);
  machine.sleep(HOUR);
  assert.equal(time.now() - began, HOUR + SECOND);
});

test('what the wall clock gains little by little counts when it is enough', () => {
  const machine = new Machine();
  const began = machine.time.now();
  for (let n = 0; n < 100; n++) {
    machine.sleep(30);
    machine.time.now();
  }
  assert.ok(machine.time.now() - began >= 3000 - 100);
});

test('no moment counts as later than it was, however often the machine slept since', () => {
  const machine = new Machine();
  const { time } = machine;
  const moments: [shown: number, moment: number][] = [];
  for (let n = 0; n < 1000; n++) {
    moments.push([machine.shown, time.now()]);
    machine.run(10);
    machine.sleep(SECOND);
  }
  for (const [n, [shown, moment]] of moments.entries()) {
    assert.ok(time.at(shown) <= moment);
    // Those that are not too long ago are exact.
    if (n > 800) assert.equal(time.at(shown), moment);
  }
  for (let n = 1; n < moments.length; n++) {
    assert.ok(time.at(moments[n]![0]) > time.at(moments[n - 1]![0]));
  }
});

/** A handler in a process of a machine that can be put to sleep. */
async function suspendable(
  t: TestContext,
  staleness = 0,
): Promise<{
  server: FakeServer;
  handler: CacheHandler;
  sleep: (milliseconds: number) => void;
}> {
  const server = await fakeServer(t);
  let slept = 0;
  const time = new Timekeeper(now, () => Date.now() + slept);
  const settings = { transport: 'http', timeout: 5000, nearCache: 1 << 20, staleness } as const;
  const { handler } = handlerOf(t, server.url, { ...settings, time });
  return { server, handler, sleep: (milliseconds) => void (slept += milliseconds) };
}

const looksStale = ({ timestamp, revalidate }: NextEntry): boolean =>
  now() > timestamp + revalidate * SECOND;

test('an entry that is kept while its process is frozen grows old', async (t) => {
  const { server, handler, sleep } = await suspendable(t);
  const entry = { revision: 7n, content: content('kept') };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const get = async (): Promise<NextEntry | undefined> => {
    await handler.refreshTags();
    return handler.get('k', []);
  };
  assert.equal(await textOf(await get()), 'kept');
  sleep(50 * SECOND);
  const kept = await get();
  assert.equal(server.count('LOOKUP'), 1);
  const age = now() - kept!.timestamp;
  assert.ok(age >= 50 * SECOND && age < 55 * SECOND, `${age} ms`);
  // Its time has come: the server is asked, and it is Next.js that finds it stale.
  sleep(20 * SECOND);
  const old = { revision: 7n, content: content('kept', { age: 70 * SECOND }) };
  server.on('LOOKUP', () =>
    answer({ operation: 'STALE', current: server.current, lease: 3n, entry: old }),
  );
  const stale = await get();
  assert.equal(server.count('LOOKUP'), 2);
  assert.ok(looksStale(stale!));
});

test('a generation that a freeze interrupted is as old as it is, and stamped with what it knew', async (t) => {
  const { server, handler, sleep } = await suspendable(t);
  await handler.refreshTags();
  await handler.get('k', []);
  const timestamp = now();
  sleep(HOUR);
  server.invalidate(['other']);
  await handler.refreshTags();
  await handler.get('other', []);
  await handler.set('k', Promise.resolve(nextEntry('v', { timestamp, expire: 2 * 3600 })));
  await handler.set('l', Promise.resolve(nextEntry('v')));
  const [interrupted, afterwards] = await server.received('PUT', 2);
  assert.equal(interrupted!.asof.revision, 7n);
  assert.ok(interrupted!.content.age >= HOUR && interrupted!.content.age < HOUR + 10 * SECOND);
  assert.equal(afterwards!.asof.revision, 8n);
  assert.ok(afterwards!.content.age < 10 * SECOND, `${afterwards!.content.age} ms`);
});

test('a page that is kept while its process is frozen grows old', async (t) => {
  const server = await fakeServer(t);
  let slept = 0;
  const time = new Timekeeper(now, () => Date.now() + slept);
  const build = buildDirectory(t);
  const instance = new RouteInstance(t, server.url, build, { nearCache: 1 << 20 }, time);
  const record = { value: page('kept'), cacheControl: { revalidate: 60, expire: 3600 }, lived: 0 };
  const value = encode(record);
  const entry = {
    revision: 7n,
    content: { ...content(''), value: [value], checksum: crc32(value) },
  };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const ages: number[] = [];
  for (const sleep of [0, 50 * SECOND]) {
    slept += sleep;
    const answered = await instance.routes.get('/page', PAGE, instance.scope());
    ages.push(now() - answered!.lastModified);
  }
  assert.equal(server.count('LOOKUP'), 1);
  assert.ok(ages[1]! - ages[0]! >= 50 * SECOND && ages[1]! < 60 * SECOND, `${ages}`);
});

test('push: what is known is not trusted for longer because the process was frozen', async (t) => {
  const { server, handler, sleep } = await suspendable(t, 30 * SECOND);
  const entry = { revision: 7n, content: content('old') };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const get = async (): Promise<string | undefined> => {
    await handler.refreshTags();
    return textOf(await handler.get('k', []));
  };
  await get();
  assert.equal(await get(), 'old');
  server.invalidate(['t']);
  assert.equal(await get(), 'old');
  sleep(31 * SECOND);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  assert.equal(await get(), undefined);
});
