import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@larder/harness/temporary';
import { Instance } from '../../conformance/fleet/instance.mjs';
import { node22 } from '../../conformance/subjects/peers.mjs';

const program = fileURLToPath(new URL('../instance/process.mjs', import.meta.url));

/** The one runtime of all subjects; that of the benchmark itself where the peers are not installed. */
export const node = existsSync(node22) ? node22 : process.execPath;

/**
 * Options of the runtime. Between its turns a process is idle, as no process of a busy site is, and V8
 * reduces its memory then. The limit it sets is so low that from the next turn on it collects everything,
 * again and again, where answers are buffers outside its heap.
 */
const OPTIONS = ['--no-memory-reducer'];

/** Milliseconds in which instances that share anything have connected. */
const CONNECTED = 15_000;

let sharedNames = 0;

/**
 * A subject that is set up for one row: its store, and two instances A and B of it.
 * The first failure of a subject is its last: it is noted, and the row goes on without it.
 */
export class Testbed {
  /** What it is called on the command line. */
  id;
  /** @type {import('../subjects/index.mjs').Subject} */ subject;
  /** The first instance, which writes and invalidates. @type {Instance} */ a;
  /** The second instance, which reads. @type {Instance} */ b;
  /** Why it is out of the row, in a few words. @type {string | undefined} */ failure;
  #deployment;
  #others = [];

  constructor(id, subject) {
    this.id = id;
    this.subject = subject;
  }

  /** The server the instances share. */
  get store() {
    return this.#deployment.store;
  }

  /** What hangs when the store does: the Redis below Larder, or the server itself. */
  get hanging() {
    return this.#deployment.below ?? this.#deployment.store;
  }

  /** Whether A and B are one process, since it shares nothing. */
  get alone() {
    return this.#deployment?.alone === true;
  }

  /** Starts it. @param {Record<string, string>} environment of its instances, beside its own */
  async start(environment = {}) {
    const directory = join(temporaryDirectory(), this.id);
    mkdirSync(directory);
    this.#deployment = await this.subject.deploy(directory);
    this.a = await this.join('A', environment);
    this.b = this.alone ? this.a : await this.join('B', environment);
    await this.#awaitSharing();
  }

  /** Starts one more instance. */
  async join(name, environment = {}) {
    const { module, environment: own } = this.#deployment;
    const instance = await Instance.start(`${this.subject.name} ${name}`, {
      module,
      node,
      options: OPTIONS,
      program,
      environment: { ...own, ...environment },
    });
    this.#others.push(instance);
    return instance;
  }

  /** Does something with it, unless it has failed before; what it throws is why it failed. */
  async attempt(work) {
    if (this.failure) return undefined;
    try {
      return await work(this);
    } catch (error) {
      this.failure = error.message.split('\n')[0];
      if (process.env.BENCH_TRACE) console.error(error, this.a?.transcript, this.b?.transcript);
      await this.stop();
      return undefined;
    }
  }

  /** Ends everything of it. */
  async stop() {
    this.#deployment?.store?.thaw();
    this.#deployment?.below?.thaw();
    await Promise.all(this.#others.splice(0).map((instance) => instance.kill()));
    await this.#deployment?.stop();
    this.#deployment = undefined;
  }

  /** Waits until B finds what A stored. */
  async #awaitSharing() {
    const deadline = performance.now() + CONNECTED;
    for (let found = ''; found !== 'hit';) {
      if (performance.now() > deadline) {
        throw new Error(`B does not find what A stored within ${CONNECTED / 1000} s (${found})`);
      }
      // An instance that asks too early may remember that the entry was not there.
      const missing = { name: `missing-${++sharedNames}`, count: 1, size: 1000 };
      await Promise.all([this.a, this.b].map((one) => one.ask('readOne', { population: missing })));
      const population = { ...missing, name: `shared-${sharedNames}` };
      found = await this.a.ask('write', { population }, CONNECTED).then(
        async () => (await this.b.ask('readOne', { population })).state,
        (error) => error.message,
      );
    }
  }
}

/**
 * Lets A and B of a testbed write one half of a population each, where there are too many entries for
 * one process to store them soon.
 *
 * @param {Testbed} testbed
 * @param {{ population: import('../instance/population.mjs').Population, from?: number,
 *   inFlight: number }} how as `write` of an instance is asked
 * @param {number} timeout milliseconds in which both have stored their half
 */
export async function writeTogether({ a, b }, { population, from = 0, inFlight }, timeout) {
  const half = Math.ceil(population.count / 2);
  const part = (instance, at, count) =>
    instance.ask('write', { population: { ...population, count }, from: at, inFlight }, timeout);
  await Promise.all([part(a, from, half), part(b, from + half, population.count - half)]);
}
