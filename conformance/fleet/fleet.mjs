import { setTimeout as pause } from 'node:timers/promises';
import { NotSupported } from './finding.mjs';
import { Instance } from './instance.mjs';
import { Origin } from './origin.mjs';

/** Milliseconds a handler may take to write behind what `set` handed it. */
const WRITE_BEHIND = 150;

/** Milliseconds after which clocks that count milliseconds can tell one moment from another. */
const TICK = 10;

/** Milliseconds in which instances that share anything have connected. */
const CONNECTED = 10_000;

let scenarios = 0;
let acquaintances = 0;

/**
 * The handler a scenario needs; undefined if the subject is not wired for its interface.
 *
 * @param {import('../subjects/subject.mjs').Deployment} deployment
 * @param {import('./scenario.mjs').Needs} needs
 * @returns {string | undefined}
 */
export function moduleFor({ module, routes }, { interface: spoken }) {
  return spoken === 'routes' ? routes : module;
}

/** Instances that share one store, and the origin they generate from. */
export class Fleet {
  origin = new Origin();
  /** The first instance. */ a;
  /** The second instance. */ b;
  #deployment;
  #needs;
  #mark;
  #others = [];

  /**
   * @param {import('../subjects/subject.mjs').Deployment} deployment of the handler
   * @param {import('./scenario.mjs').Needs} needs
   */
  constructor(deployment, needs = {}) {
    this.#deployment = deployment;
    this.#needs = needs;
  }

  /**
   * Starts A and B, and waits until B finds what A generates, or for ten seconds. Of a
   * subject that shares nothing they are one process.
   */
  async start() {
    const names = this.#deployment.alone ? ['A'] : ['A', 'B'];
    [this.a, this.b = this.a] = await Promise.all(names.map((name) => this.#instance(name)));
    await this.share();
  }

  /**
   * Waits until B finds what A generated. For after a restart of the store: who noticed that it was away
   * does not ask it again at once.
   */
  async share() {
    await this.#acquaint(this.a, this.b);
  }

  /** Begins a scenario: keys and tags are from now on others than before. */
  begin() {
    this.#mark = `${process.pid}-${++scenarios}`;
  }

  /** Ends what a scenario started in addition. */
  async end() {
    await Promise.all(this.#others.splice(0).map((instance) => instance.kill()));
  }

  /** Ends everything. */
  async stop() {
    await Promise.all([this.a, this.b, ...this.#others].map((instance) => instance?.kill()));
  }

  /**
   * Starts one more instance, until the scenario ends, and waits until it shares with A.
   *
   * @param {string} name
   * @param {Record<string, string>} environment beside that of A and B
   * @throws {NotSupported} where no two processes share anything
   */
  async join(name, environment = {}) {
    const instance = await this.launch(name, environment);
    await this.#acquaint(this.a, instance);
    return instance;
  }

  /**
   * Starts one more instance, whose handler has not been asked anything.
   *
   * @param {string} name
   * @param {Record<string, string>} environment beside that of A and B
   * @throws {NotSupported} where no two processes share anything
   */
  async launch(name, environment = {}) {
    this.apart();
    const instance = await this.#instance(name, environment);
    this.#others.push(instance);
    return instance;
  }

  /**
   * What the handler keeps its entries in.
   *
   * @throws {NotSupported} where it has none
   */
  get store() {
    const { store } = this.#deployment;
    if (!store) throw new NotSupported('the handler has no store outside the process');
    return store;
  }

  /**
   * A cache key of this scenario, as Next.js writes them. The same name is the same key until the
   * scenario ends.
   */
  key(name = 'one') {
    return JSON.stringify(['80c0ffee', [this.#mark, name], ['a-build']]);
  }

  /** A tag of this scenario. */
  tag(name = 'one') {
    return `tag-${this.#mark}-${name}`;
  }

  /** The path of a page of this scenario. */
  path(name = 'one') {
    return `/page-${this.#mark}/${name}`;
  }

  /**
   * Waits until what an instance generated is stored. That of a handler which writes behind its
   * `set` is given a moment.
   */
  async stored(instance) {
    await instance.settled();
    await pause(WRITE_BEHIND);
  }

  /**
   * Has an instance generate an entry of `value`, on demand if there may be one, and waits until it
   * is stored; the call of it.
   *
   * @param {Instance} instance
   * @param {string | Uint8Array | Uint8Array[]} value
   * @param {object} call what else is said of the read: tags, life, kind, another key
   * @param {object} how what else is said of the request
   */
  async seed(instance, value, call = {}, how = {}) {
    const seeded = { key: this.key(), ...call };
    const bypass = this.origin.asked(seeded.key) > 0;
    await this.tick();
    this.origin.put(seeded.key, value);
    await instance.read(seeded, { ...how, bypass });
    await this.stored(instance);
    return seeded;
  }

  /** Lets a moment pass, so that no two events of a scenario fall into the same millisecond. */
  async tick() {
    await pause(TICK);
  }

  /**
   * Makes sure that A and B are two processes.
   *
   * @throws {NotSupported} where they are one
   */
  apart() {
    if (this.#deployment.alone) throw new NotSupported('it shares nothing with another process');
  }

  /**
   * Waits until an entry is `seconds` old.
   *
   * @param {number} seconds
   * @param {number} began by `performance.now()`, a moment before it was generated
   */
  async aged(seconds, began) {
    await pause(Math.max(0, began + seconds * 1000 - performance.now()));
  }

  /** Gives two instances time to connect: until one finds what the other generated, or long enough. */
  async #acquaint(one, other) {
    const deadline = performance.now() + CONNECTED;
    while (performance.now() < deadline) {
      const call = { key: `acquaintance ${++acquaintances}` };
      await one.read(call);
      await this.stored(one);
      const { outcome } = await other.read(call);
      if (outcome !== 'generated') return;
      await this.stored(other);
    }
  }

  /** An instance like A and B, of the version and interface this fleet is for. */
  #instance(name, environment = {}) {
    const { node = process.execPath } = this.#deployment;
    const { next = '16.4', interface: spoken = 'use cache' } = this.#needs;
    const module = moduleFor(this.#deployment, this.#needs);
    return Instance.start(name, {
      module,
      node,
      interface: spoken,
      origin: this.origin,
      environment: {
        CONFORMANCE_NEXT: next,
        ...this.#deployment.environment,
        ...environment,
      },
    });
  }
}
