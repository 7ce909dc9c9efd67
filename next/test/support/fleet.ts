import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FleetChecker } from './fleet-checker.js';
import type { Enlistment, Said, Told } from './fleet-member.js';
import { randomOf } from './member.js';
import { kept, killed } from '@larder/harness/children';
import { RealServer } from './real-server.js';
import { TcpProxy, type Delay, type Direction } from './tcp-proxy.js';

/** Milliseconds in which a member does what it is told, on a busy machine. */
const PATIENCE = 60_000;

/** A store that servers share, as far as a fleet has to know it. */
export interface Store {
  /** Its address for the n-th server. */
  address(n: number): string;
  /** Something happens to it, and has passed when this is done. */
  strike(random: () => number): Promise<string>;
}

/** One of several servers, the network before it, and whether it is being started anew. */
interface Node {
  readonly server: RealServer;
  readonly network: TcpProxy;
  busy: Promise<void> | undefined;
}

/** A process of an app. */
class Process {
  readonly enlistment: Enlistment;
  readonly child: ChildProcess;
  readonly #checker: FleetChecker;
  readonly #generated: (key: string) => void;
  #lastId = 0;
  readonly #doing = new Map<number, (alone: number) => void>();

  constructor(enlistment: Enlistment, checker: FleetChecker, generated: (key: string) => void) {
    this.enlistment = enlistment;
    this.#checker = checker;
    this.#generated = generated;
    const program = fileURLToPath(new URL('./fleet-member.js', import.meta.url));
    this.child = kept(fork(program, [JSON.stringify(enlistment)]));
    this.child.on('message', (said) => this.#hear(said as Said));
    this.child.on('error', () => {});
  }

  /** Has it do something; how many lookups went without a server meanwhile. */
  async does(what: { type: 'rest' | 'audit' } | { type: 'burst'; key: string }): Promise<number> {
    const id = ++this.#lastId;
    const done = new Promise<number>((resolve) => this.#doing.set(id, resolve));
    this.#tell({ ...what, id });
    const late = AbortSignal.timeout(PATIENCE);
    const timer = once(late, 'abort').then(() => {
      throw new Error(`${this.enlistment.who} hangs: ${what.type} is not done in ${PATIENCE} ms`);
    });
    return Promise.race([done, timer]);
  }

  #hear(said: Said): void {
    const checker = this.#checker;
    if (said.type === 'question') {
      this.#tell({ type: 'answer', id: said.id, value: checker.versions(said.tags) });
    } else if (said.type === 'edit') {
      this.#tell({ type: 'answer', id: said.id, value: checker.edit(said.tag) });
    } else if (said.type === 'saw') {
      for (const observation of said.observations) checker.note(observation);
    } else if (said.type === 'generates') {
      this.#generated(said.key);
    } else {
      this.#doing.get(said.id)?.(said.alone);
    }
  }

  #tell(told: Told): void {
    if (this.child.connected) this.child.send(told, () => {});
  }
}

/**
 * Several processes of an app, several servers, a store, and networks between them that fail. What
 * happens when follows from a seed.
 */
export class Fleet {
  readonly checker = new FleetChecker();
  /** What happened, in order. */
  readonly told: string[] = [];
  readonly #random: () => number;
  readonly #store: Store | undefined;
  readonly #nodes: Node[];
  readonly #members: Process[] = [];
  readonly #generations = new Map<string, number>();
  #enlisted = 0;

  private constructor(
    t: TestContext,
    random: () => number,
    store: Store | undefined,
    nodes: Node[],
  ) {
    this.#random = random;
    this.#store = store;
    this.#nodes = nodes;
    t.after(() => Promise.all(this.#members.map(({ child }) => killed(child))));
  }

  /** A fleet of so many servers over `store`, without members. */
  static async start(
    t: TestContext,
    seed: number,
    store: Store,
    count: number,
    ...options: string[]
  ): Promise<Fleet> {
    const servers = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        RealServer.start(
          t,
          '--store',
          store.address(n),
          '--redis-timeout',
          '300',
          '--lease',
          '4',
          ...options,
        ),
      ),
    );
    const random = randomOf(seed);
    return new Fleet(
      t,
      random,
      store,
      await Promise.all(servers.map((server) => nodeOf(t, server, random))),
    );
  }

  /** A fleet over a server that has its store to itself, without members. */
  static async over(t: TestContext, seed: number, server: RealServer): Promise<Fleet> {
    const random = randomOf(seed);
    return new Fleet(t, random, undefined, [await nodeOf(t, server, random)]);
  }

  /** Has what its members send, and what they are sent, take its time on the way. */
  links(delay: Delay): void {
    for (const { network } of this.#nodes) {
      network.delay('up', delay);
      network.delay('down', delay);
    }
  }

  /** Adds a process of the app that knows all servers. */
  enlist(
    settings: Partial<Enlistment['settings']>,
    { broken = false, loops = 3 }: Partial<Pick<Enlistment, 'broken' | 'loops'>> = {},
  ): void {
    const urls = this.#nodes.map(({ network }) => `http://${network.host}`);
    const who = `member ${++this.#enlisted}`;
    const seed = Math.floor(this.#random() * 2 ** 32);
    const patience = { timeout: 500, wait: 2000 };
    const enlistment = { who, seed, loops, broken, settings: { urls, ...patience, ...settings } };
    this.#begin(enlistment);
  }

  /** Lets things happen for so many milliseconds, and longer until `enough` was done. */
  async storm(milliseconds: number, enough: number): Promise<void> {
    await this.#watch(milliseconds, enough, async () => {
      await this.#strike();
      await pause(200 + this.#random() * 1000);
    });
  }

  /** Lets its members work while nothing happens to anything, for as long as a storm. */
  async work(milliseconds: number, enough: number): Promise<void> {
    await this.#watch(milliseconds, enough, () => pause(100));
  }

  async #watch(milliseconds: number, enough: number, happens: () => Promise<void>): Promise<void> {
    const began = performance.now();
    const spent = (): number => performance.now() - began;
    const done = (): boolean => {
      const { given, acknowledged } = this.checker.counts;
      return given > enough * 10 && acknowledged > enough;
    };
    while (spent() < milliseconds || (!done() && spent() < milliseconds * 4)) await happens();
  }

  /** Ends everything that happens, and has everybody come to rest and look at everything. */
  async calm(): Promise<void> {
    for (const { network } of this.#nodes) network.heal();
    await Promise.all(this.#nodes.map(({ busy }) => busy));
    await Promise.all(this.#nodes.map(({ server }) => server.ready()));
    await Promise.all(this.#members.map((member) => member.does({ type: 'rest' })));
    await this.#together();
    await Promise.all(this.#members.map((member) => member.does({ type: 'audit' })));
  }

  /** Asserts that no promise was broken, and that enough was seen to say so. */
  assertKept(enough: number): void {
    const { given, acknowledged } = this.checker.counts;
    assert.deepEqual(this.checker.violations, [], this.told.join('\n'));
    assert.ok(given > enough * 10, `${given} entries given`);
    assert.ok(acknowledged > enough, `${acknowledged} invalidations acknowledged`);
  }

  /** Has everybody read the same cold key, until all of them have reached a server meanwhile. */
  async #together(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const key = `burst ${round}`;
      const burst = { type: 'burst', key } as const;
      const alone = await Promise.all(this.#members.map((member) => member.does(burst)));
      if (alone.some((count) => count > 0)) continue;
      assert.equal(this.#generations.get(key), 1, `generations of ${key}`);
      return;
    }
    assert.fail('not everybody reaches a server, although nothing happens any more');
  }

  async #strike(): Promise<void> {
    const pick = <T>(some: readonly T[]): T => some[Math.floor(this.#random() * some.length)]!;
    const idle = this.#nodes.filter(({ busy }) => !busy);
    const chance = this.#random();
    if (this.#store && (chance < 0.3 || idle.length === 0)) {
      return this.#note(await this.#store.strike(this.#random));
    }
    const node = pick(idle);
    const name = `server ${this.#nodes.indexOf(node) + 1}`;
    if (chance < 0.4) {
      this.#note(`${name} is killed`);
      return this.#again(node, () => node.server.kill());
    }
    if (chance < 0.5) {
      this.#note(`${name} is stopped`);
      return this.#again(node, async () => void (await node.server.stop()));
    }
    if (chance < 0.65) {
      const spent = 200 + this.#random() * 4000;
      this.#note(`${name} is frozen for ${Math.round(spent)} ms`);
      node.server.signal('SIGSTOP');
      await pause(spent);
      return node.server.signal('SIGCONT');
    }
    if (chance < 0.9) {
      const spent = this.#random() * 3000;
      const direction = pick<Direction | 'cut'>(['cut', 'up', 'down']);
      this.#note(`the network before ${name}: ${direction} for ${Math.round(spent)} ms`);
      if (direction === 'cut') node.network.cut();
      else node.network.stall(direction);
      await pause(spent);
      return node.network.heal();
    }
    const member = pick(this.#members);
    const { who } = member.enlistment;
    if (chance < 0.95) {
      this.#note(`${who} is killed`);
      await killed(member.child);
      this.#members.splice(this.#members.indexOf(member), 1);
      return this.#begin({ ...member.enlistment, who: `${who}'` });
    }
    const spent = this.#random() * 2000;
    this.#note(`${who} is frozen for ${Math.round(spent)} ms`);
    member.child.kill('SIGSTOP');
    await pause(spent);
    member.child.kill('SIGCONT');
  }

  /** Ends a server in some way, and starts it anew while other things happen. */
  #again(node: Node, end: () => Promise<void>): void {
    node.busy = end()
      .then(() => node.server.serve())
      .then(() => void (node.busy = undefined));
  }

  #begin(enlistment: Enlistment): void {
    const generated = (key: string): void => {
      this.#generations.set(key, (this.#generations.get(key) ?? 0) + 1);
    };
    this.#members.push(new Process(enlistment, this.checker, generated));
  }

  #note(what: string): void {
    this.told.push(what);
  }
}

async function nodeOf(t: TestContext, server: RealServer, random: () => number): Promise<Node> {
  const network = await TcpProxy.start(t, () => Number(new URL(server.url).port), random);
  return { server, network, busy: undefined };
}
