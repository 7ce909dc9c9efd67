import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@larder/harness/temporary';
import { Instances, built } from './instances.mjs';
import { Network } from './network.mjs';
import { Origin } from './origin.mjs';
import { within } from './within.mjs';

/** How many instances of Next.js a fleet has. */
export const SIZE = 4;

/** What a generation is like unless a row says otherwise: 10 KB. */
const BYTES = 10_000;

/** Milliseconds for starting what is shared, and for ending a whole fleet. */
const SHARED_WITHIN = 90_000;
const ENDED_WITHIN = 60_000;

/**
 * How instances have the app: where each finds it, and what is in their environment beside the cache.
 *
 * @typedef {{ app: () => string, environment?: Record<string, string>, routes?: boolean }} Having
 *   `routes` is whether a peer serves the route cache, too, where it can
 */

/**
 * A subject at work.
 *
 * @typedef {object} Fleet
 * @property {string} id of the subject
 * @property {Instances} instances of Next.js
 * @property {Origin} origin they generate from
 * @property {import('../../conformance/subjects/subject.mjs').Store} [store] what they share
 * @property {Network} [network] the way to that, where it was asked for
 * @property {(what: string) => void} progress tells how it goes
 */

/** Where the app is built, once for all rows. @type {Promise<string> | undefined} */
let app;

/** How instances have the app unless a row says otherwise: the same build in the same place. */
async function oneBuild(_id, say) {
  say('build the app');
  app ??= built(temporaryDirectory());
  const path = await app;
  return { app: () => path };
}

/**
 * Lets each subject that takes part do the same with real instances of Next.js before it; what `work`
 * throws puts the subject out. Those of a group do it side by side, and one group after the other.
 *
 * @param {import('../measurement/bench.mjs').Bench} bench
 * @param {{ takes: number, groups?: string[][], network?: boolean, prepare?: (fleet: Fleet) => Promise<void>,
 *   having?: (id: string, say: (what: string) => void) => Promise<Having> }} how
 *   milliseconds that a generation takes; ids of the subjects of each group, each subject by itself
 *   unless given; whether there is a network to be parted; what each of a group does before any of it
 *   begins its `work`; how the instances of a subject have the app
 * @param {(fleet: Fleet) => Promise<void>} work
 */
export async function fleets(
  bench,
  { takes, groups, network, prepare = async () => {}, having = oneBuild },
  work,
) {
  const ids = Object.keys(bench.subjects);
  for (const id of ids) bench.results.enter(id, bench.subjects[id]);
  for (const group of groups ?? ids.map((id) => [id])) {
    const taking = group.filter((id) => ids.includes(id));
    const fleets = taking.map((id) => new Deployed(bench, id));
    try {
      await Promise.all(
        fleets.map((fleet) =>
          fleet.attempt(async () =>
            fleet.start(await having(fleet.id, fleet.progress), { takes, network }),
          ),
        ),
      );
      await Promise.all(fleets.map((fleet) => fleet.attempt(() => prepare(fleet))));
      await Promise.all(fleets.map((fleet) => fleet.attempt(() => work(fleet))));
    } finally {
      await Promise.all(fleets.map((fleet) => fleet.stop()));
    }
  }
}

/** A subject with its store, its origin and its instances. @implements {Fleet} */
class Deployed {
  id;
  /** @type {Instances} */ instances;
  /** @type {Origin} */ origin;
  store;
  /** @type {Network | undefined} */ network;
  #bench;
  #subject;
  #deployment;
  #failed = false;

  constructor(bench, id) {
    this.id = id;
    this.#bench = bench;
    this.#subject = bench.subjects[id];
  }

  progress = (what) => this.#bench.say(`${this.#subject.name}: ${what}`);

  /** Does something with it, unless it is out; what that throws puts it out. */
  async attempt(work) {
    if (this.#failed) return;
    try {
      await work();
    } catch (error) {
      this.#failed = true;
      this.#bench.results.failed(this.id, error.message.split('\n')[0]);
      if (process.env.BENCH_TRACE) console.error(error, this.instances?.transcript);
      // What is out is not to take processor time from the others of its group.
      await this.stop();
    }
  }

  /** Starts everything of it, with the app as it has it. */
  async start({ app, environment: ofApp = {}, routes = false }, { takes, network = false }) {
    this.progress('start');
    this.origin = new Origin({ delay: takes, bytes: BYTES });
    await this.origin.start();
    const directory = join(temporaryDirectory(), this.id);
    mkdirSync(directory);
    this.#deployment = await within(
      `the start of what ${this.id} shares`,
      SHARED_WITHIN,
      this.#subject.deploy(directory),
    );
    const { url } = this.origin;
    this.store = this.#deployment.store;
    let { environment } = this.#deployment;
    if (network && this.store) {
      this.network = new Network(this.store.url);
      await this.network.start();
      environment = this.network.led(environment);
    }
    if (routes && this.#deployment.routes) {
      environment = { ...environment, BENCH_ROUTES: this.#deployment.routes };
    }
    const cache = cacheOf(this.#subject);
    this.progress('start the instances');
    this.instances = await Instances.start(
      { ...this.#deployment, environment },
      { app, origin: url, count: SIZE, cache, environment: ofApp },
    );
  }

  /** Ends everything of it. */
  stop() {
    return within(`the end of ${this.id}`, ENDED_WITHIN, this.#end());
  }

  async #end() {
    const [instances, origin, deployment] = [this.instances, this.origin, this.#deployment];
    const network = this.network;
    this.instances = this.origin = this.network = this.#deployment = undefined;
    await Promise.all([instances?.stop(), origin?.stop()]);
    await network?.stop();
    await deployment?.stop();
  }
}

/** Who makes `cacheHandlers` of the app's configuration. */
function cacheOf({ kind }) {
  if (kind === 'larder') return 'larder';
  return kind === 'limit' ? 'none' : 'handler';
}
