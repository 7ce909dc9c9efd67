import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Fleet, type Store } from '../support/fleet.js';
import { Redis } from '../support/redis.js';
import { TcpProxy, type Direction } from '../support/tcp-proxy.js';
import { until } from '@larder/harness/until';

// Processes of an app, servers and a store, while all of them and what is between them fail. What
// happens follows from a seed, which LARDER_SEED sets; LARDER_SEEDS is how many are tried, for
// LARDER_STORM milliseconds each.

const FIRST = Number(process.env.LARDER_SEED ?? Date.now() % 2 ** 31);
const SEEDS = Number(process.env.LARDER_SEEDS ?? 1);
const STORM = Number(process.env.LARDER_STORM ?? 12_000);

/** How many invalidations, and tens of entries, must have been seen for a test to say something. */
const ENOUGH = 20;

/** One Redis that keeps what it acknowledges, and a network before it for each of three servers. */
async function alone(t: TestContext): Promise<Store> {
  const redis = await Redis.start(t, '--appendonly', 'yes', '--appendfsync', 'always');
  const start = (): Promise<TcpProxy> => TcpProxy.start(t, () => redis.port);
  const networks = [await start(), await start(), await start()];
  return {
    address: (n) => `redis://${networks[n]!.host}`,
    async strike(random) {
      const chance = random();
      const spent = random() * 2000;
      if (chance < 0.25) {
        redis.signal('SIGSTOP');
        await pause(spent);
        redis.signal('SIGCONT');
        return `the store was frozen for ${Math.round(spent)} ms`;
      }
      if (chance < 0.4) {
        await redis.kill();
        await pause(spent / 4);
        await redis.revive();
        return 'the store was killed';
      }
      const n = Math.floor(random() * networks.length);
      const how = (['cut', 'up', 'down'] as const)[Math.floor(random() * 3)]!;
      if (how === 'cut') networks[n]!.cut();
      else networks[n]!.stall(how as Direction);
      await pause(spent);
      networks[n]!.heal();
      return `the network of server ${n + 1} to the store: ${how} for ${Math.round(spent)} ms`;
    },
  };
}

/** Milliseconds in which a Sentinel has made one node the master and the other its replica. */
const SETTLING = 60_000;

/** A master and a replica under a Sentinel. Their nodes die; see the guide on one that is cut off. */
async function watched(t: TestContext): Promise<Store> {
  const first = await Redis.start(t, '--appendonly', 'yes', '--appendfsync', 'always');
  const second = await Redis.replica(t, first);
  const sentinel = await Redis.sentinel(t, 'shop', first);
  await sentinel.until(String(second.port), 'SENTINEL', 'replicas', 'shop');
  /** The master as the Sentinel sees it, and its replica. */
  const roles = async (): Promise<readonly [Redis, Redis]> => {
    const named = await sentinel.ask('SENTINEL', 'get-master-addr-by-name', 'shop');
    return named.includes(String(first.port)) ? [first, second] : [second, first];
  };
  let said: string[] = [];
  const settled = async (): Promise<boolean> => {
    said = await Promise.all((await roles()).map((node) => node.ask('INFO', 'replication')));
    return said[0]!.includes('role:master') && said[1]!.includes('master_link_status:up');
  };
  return {
    address: () => `redis-sentinel://${sentinel.host}#shop`,
    async strike() {
      const [master, replica] = await roles();
      await master.kill();
      // Sooner, the Sentinel could demote the replica again, since its master is back.
      await sentinel.until(String(replica.port), 'SENTINEL', 'get-master-addr-by-name', 'shop');
      await master.revive();
      // Either may be the master then: a Sentinel that does not hear the new one soon takes the former.
      await until(() => `master and replica agree: ${said.join('; ')}`, settled, {
        within: SETTLING,
      });
      return 'the master was killed';
    },
  };
}

/** Four members over both transports, one of them not strict. */
function enlist(fleet: Fleet): void {
  fleet.enlist({ transport: 'websocket' });
  fleet.enlist({ transport: 'websocket', staleness: 1000 });
  fleet.enlist({ transport: 'http' });
  fleet.enlist({ transport: 'websocket' });
}

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`a fleet over one Redis, while everything fails: seed ${seed}`, async (t) => {
    const fleet = await Fleet.start(t, seed, await alone(t), 3);
    enlist(fleet);
    await fleet.storm(STORM, ENOUGH);
    await fleet.calm();
    t.diagnostic(JSON.stringify(fleet.checker.counts));
    fleet.assertKept(ENOUGH);
  });

  if (SEEDS > 1) {
    test(`a fleet over a Redis that fails over: seed ${seed}`, async (t) => {
      const fleet = await Fleet.start(t, seed, await watched(t), 3, '--redis-wait-replicas', '1');
      enlist(fleet);
      await fleet.storm(STORM, ENOUGH);
      await fleet.calm();
      t.diagnostic(JSON.stringify(fleet.checker.counts));
      fleet.assertKept(ENOUGH);
    });
  }
}

test('a member that forgets about invalidations is found out', async (t) => {
  const redis = await Redis.start(t);
  const still = { address: () => `redis://${redis.host}`, strike: async () => 'nothing' };
  const fleet = await Fleet.start(t, FIRST, still, 1);
  fleet.enlist({ transport: 'websocket' });
  fleet.enlist({ transport: 'websocket' }, { broken: true });
  const enough = (): boolean =>
    fleet.checker.counts.acknowledged > 5 &&
    fleet.checker.violations.some((violation) => violation.startsWith('member 2 was given'));
  while (!enough()) await pause(100);
  assert.ok(fleet.checker.violations.every((violation) => violation.startsWith('member 2')));
});
