import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import type { Settings } from '../../src/runtime/settings.js';
import { timed } from '../support/fixtures.js';
import { FleetChecker } from '../support/fleet-checker.js';
import { Generation, Instance } from '../support/instance.js';
import { Member, randomOf, worldOf } from '../support/member.js';
import { kept } from '@larder/harness/children';
import { RealServer } from '../support/real-server.js';
import { Redis } from '../support/redis.js';

// Several real servers over one real Redis, and instances of an app that know all of them.

const ended: (() => Promise<void>)[] = [];
const suite = { after: (task: () => Promise<void>): void => void ended.push(task) };
after(async () => {
  for (const end of ended.reverse()) await end();
});

/** Milliseconds a lease lasts. */
const LEASE = 4000;

let north: RealServer;
let south: RealServer;
const all = (): string[] => [north.url, south.url];
const southFirst = (): string[] => [south.url, north.url];

before(async () => {
  const redis = await Redis.start(suite, '--appendonly', 'yes', '--appendfsync', 'always');
  const options = ['--store', `redis://${redis.host}`, '--lease', String(LEASE / 1000)];
  [north, south] = await Promise.all([
    RealServer.start(suite, ...options),
    RealServer.start(suite, ...options),
  ]);
});

/** What ends with its connection. */
const CONNECTED: Partial<Settings> = { transport: 'websocket' };
const TRANSPORTS = ['websocket', 'http'] as const;

const many = <T>(count: number, task: () => Promise<T>): Promise<T>[] =>
  Array.from({ length: count }, task);

/** Freezes servers, until the test ends at the latest. */
function freeze(t: TestContext, ...servers: RealServer[]): () => void {
  for (const server of servers) server.signal('SIGSTOP');
  const thaw = (): void => servers.forEach((server) => server.signal('SIGCONT'));
  t.after(thaw);
  return thaw;
}

/** A process of its own that leads `key`, and does nothing else. */
async function holder(t: TestContext, key: string, urls: readonly string[]): Promise<() => void> {
  const program = fileURLToPath(new URL('../support/holder.js', import.meta.url));
  const child = kept(
    spawn(process.execPath, [program, urls.join(','), key], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  t.after(() => child.kill('SIGKILL'));
  assert.equal(String(((await once(child.stdout!, 'data')) as [Buffer])[0]).trim(), 'generating');
  return () => void child.kill('SIGKILL');
}

for (const one of TRANSPORTS) {
  for (const other of TRANSPORTS) {
    test(`what one leads through one server the other is given through another, ${one} and ${other}`, async (t) => {
      const a = await Instance.at(t, all(), { transport: one });
      const b = await Instance.at(t, southFirst(), { transport: other });
      const tags = [`${one} ${other}`];
      const key = `shared by ${one} and ${other}`;
      const cold = new Generation();
      const leading = a.read(key, cold, { tags });
      await cold.running();
      const reads = [
        leading,
        ...[a, b].flatMap((at) => many(10, () => at.read(key, cold, { tags }))),
      ];
      await Promise.all([a.roundTrip(), b.roundTrip()]);
      cold.end();
      assert.deepEqual(new Set(await Promise.all(reads)), new Set(['value #1']));
      assert.equal(cold.started, 1);

      await a.fillAged(`stale ${key}`, 'old', { tags });
      const stale = new Generation();
      const served = [a, b].flatMap((at) =>
        many(10, () => at.read(`stale ${key}`, stale, { tags })),
      );
      assert.deepEqual(new Set(await Promise.all(served)), new Set(['old #1']));
      await stale.running();
      assert.equal(stale.started, 1);
      stale.end();

      await b.handler.updateTags(tags);
      assert.equal(await a.peek(key), undefined);
      await a.handler.set(key, Promise.reject(new Error('not generated')));
    });
  }
}

test('a process that dies while it leads through one server is followed through the other', async (t) => {
  const follower = await Instance.at(t, southFirst(), CONNECTED);
  const die = await holder(t, 'orphaned', [north.url]);
  const generation = new Generation();
  const waiting = many(5, () => follower.read('orphaned', generation));
  await follower.roundTrip();
  const spent = await timed(async () => {
    die();
    await generation.running();
  });
  assert.ok(spent < 2000, `${spent} ms`);
  generation.end();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['value #1']));
});

test('the server of a leader is killed: its followers go on, in one generation more at most', async (t) => {
  const wait = 5000;
  const leader = await Instance.at(t, all(), { ...CONNECTED, wait });
  const beside = await Instance.at(t, all(), { ...CONNECTED, wait });
  const follower = await Instance.at(t, southFirst(), { ...CONNECTED, wait });
  const generation = new Generation();
  const leading = leader.read('bereft', generation);
  await generation.running();
  const reads = [
    leading,
    ...[beside, follower].flatMap((at) => many(5, () => at.read('bereft', generation))),
  ];
  await Promise.all([beside.roundTrip(), follower.roundTrip()]);
  await north.kill();
  await Promise.all([leader.connected(), beside.connected()]);
  assert.equal(leader.server, south.url);
  generation.end();
  const spent = await timed(async () => {
    const texts = await Promise.all(reads);
    assert.ok(
      texts.every((text) => /^value #[12]$/.test(text)),
      texts.join(),
    );
  });
  assert.ok(spent < wait, `${spent} ms`);
  assert.ok(generation.started <= 2, `${generation.started} generations`);
  await north.serve();
});

/** A fleet at work, whose checker knows what it may be given. */
class Load {
  readonly checker = new FleetChecker();
  readonly instances: Instance[] = [];
  /** Those that keep a connection. */
  readonly connected: Instance[] = [];
  readonly members: Member[] = [];
  readonly #loops: Promise<void>[] = [];
  #over = false;
  /** The failures of each instance, before. */
  #before: number[] = [];

  /** Adds an instance that does several things at a time. */
  add(instance: Instance, { staleness = 0, wait = 10_000, transport }: Partial<Settings>): void {
    const number = this.instances.push(instance);
    if (transport !== 'http') this.connected.push(instance);
    for (let n = 0; n < 3; n++) {
      const who = `instance ${number}`;
      const random = randomOf(number * 10 + n);
      const { handler } = instance;
      const world = worldOf(this.checker);
      const member = new Member({ who, handler, world, random, behind: staleness, wait });
      this.members.push(member);
      this.#loops.push(this.#loop(member));
    }
  }

  /** Takes what happens from now on for what it is about. */
  begin(): void {
    this.#before = this.instances.map(({ failures }) => failures.length);
  }

  /** Done when the fleet has done so much more. */
  async done(given: number, acknowledged: number): Promise<void> {
    const { counts } = this.checker;
    const enough = (): boolean =>
      this.checker.counts.given - counts.given >= given &&
      this.checker.counts.acknowledged - counts.acknowledged >= acknowledged;
    while (!enough()) await pause(10);
  }

  /** Done when all have come to rest. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  /** Asserts that nobody was given what it must not be, and nobody noticed that a server went. */
  assertUnharmed(): void {
    assert.deepEqual(this.checker.violations, []);
    for (const [n, { failures, log }] of this.instances.entries()) {
      assert.deepEqual(failures.slice(this.#before[n]), [], log.notices.join('\n'));
    }
    assert.equal(
      this.members.reduce((sum, { refused }) => sum + refused, 0),
      0,
    );
  }

  async #loop(member: Member): Promise<void> {
    while (!this.#over) {
      await member.step();
      await pause(1);
    }
  }
}

/** Six instances at work, over both transports, strict and not, on all servers. */
async function load(t: TestContext): Promise<Load> {
  const fleet = new Load();
  t.after(() => fleet.end());
  for (const [urls, changes] of [
    [all(), { transport: 'websocket' }],
    [southFirst(), { transport: 'websocket' }],
    [all(), { transport: 'http' }],
    [southFirst(), { transport: 'http' }],
    [all(), { transport: 'websocket', staleness: 300 }],
    [southFirst(), { transport: 'http', staleness: 300 }],
  ] as const) {
    fleet.add(await Instance.at(t, urls, changes), changes);
  }
  await fleet.done(50, 1);
  fleet.begin();
  return fleet;
}

test('what is acknowledged through one server is true through the other, under load', async (t) => {
  const fleet = await load(t);
  await fleet.done(500, 10);
  await fleet.end();
  fleet.assertUnharmed();
});

for (const transport of TRANSPORTS) {
  test(`a long generation goes on although its server stops, and no other one begins, over ${transport}`, async (t) => {
    const key = `long over ${transport}`;
    const leader = await Instance.at(t, all(), { transport });
    const follower = await Instance.at(t, southFirst(), { transport: 'websocket', wait: 30_000 });
    const generation = new Generation();
    const leading = leader.read(key, generation);
    await generation.running();
    const waiting = many(5, () => follower.read(key, generation));
    await follower.roundTrip();
    assert.equal(await north.stop(), 143);
    t.after(() => north.serve());
    // Longer than a lease lasts that nobody renews.
    await pause(LEASE * 1.5);
    generation.end();
    assert.deepEqual(new Set(await Promise.all([leading, ...waiting])), new Set(['value #1']));
    assert.equal(generation.started, 1);
  });
}

test('one frozen server costs the timeout, and another one is used', async (t) => {
  const timeout = 1000;
  for (const transport of TRANSPORTS) {
    const key = `kept from the frozen one over ${transport}`;
    await (await Instance.at(t, southFirst())).fill(key, 'v');
    const a = await Instance.at(t, all(), { transport, timeout });
    assert.equal(await a.peek(key), 'v #1');
    const thaw = freeze(t, north);
    const first = await timed(() => a.peek(key));
    assert.ok(first < timeout * 3, `${first} ms`);
    const spent = await timed(async () => {
      while ((await a.peek(key)) !== 'v #1') await pause(5);
    });
    assert.ok(spent < timeout * 3, `${spent} ms over ${transport}`);
    await a.handler.updateTags(['t']);
    assert.equal(await a.peek(key), undefined);
    a.leave();
    thaw();
  }
});

test('with all servers frozen the first reads cost the timeout and the next ones nothing', async (t) => {
  const timeout = 1000;
  for (const transport of TRANSPORTS) {
    const key = `kept from both over ${transport}`;
    const a = await Instance.at(t, all(), { transport, timeout });
    await a.fill(key, 'v');
    const thaw = freeze(t, north, south);
    const spent = await timed(async () => {
      while (a.usable()) await Promise.all([a.peek(key), pause(5)]);
    });
    assert.ok(spent < timeout * 3, `${spent} ms`);
    for (let n = 0; n < 20; n++) {
      const next = await timed(() => a.peek(key));
      assert.ok(next < timeout / 2, `${next} ms over ${transport}`);
    }
    thaw();
    while ((await a.peek(key)) !== 'v #1') await pause(5);
  }
});

test('servers are stopped and started one after the other, and nobody notices', async (t) => {
  const fleet = await load(t);
  const hits = (): number =>
    fleet.instances
      .flatMap(({ emitted }) => emitted)
      .filter((event) => event.type === 'lookup' && event.outcome !== 'miss').length;
  for (const server of [north, south, north]) {
    const hitsBefore = hits();
    const spent = await timed(async () => assert.equal(await server.stop(), 143));
    assert.ok(spent < 10_000, `${spent} ms`);
    await fleet.done(200, 4);
    assert.ok(hits() > hitsBefore);
    await server.serve();
    await server.ready();
    await fleet.done(50, 1);
  }
  // All who keep a connection have come to the one that was left: some of them go back by themselves.
  const apart = (): boolean =>
    new Set(fleet.connected.map(({ server }) => server)).size === all().length;
  const spread = await timed(async () => {
    while (!apart()) await fleet.done(10, 0);
  });
  assert.ok(spread < 60_000, `${spread} ms`);
  await fleet.done(50, 1);
  await fleet.end();
  fleet.assertUnharmed();
});
