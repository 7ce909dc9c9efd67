import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Larder } from '@larder/harness/larder';
import { freePort } from '@larder/harness/ports';
import { temporaryDirectory } from '@larder/harness/temporary';
import { until } from '@larder/harness/until';
import { Instance } from './instance.mjs';
import { Origin } from './origin.mjs';

/** Milliseconds a test may take; the longest build or compile an app. */
const timeout = 300_000;

/** For what must hold on a machine that is busy with much else, too. */
export const patientSettings = { LARDER_TIMEOUT: '1000' };

/**
 * A Larder, an origin and instances of the shop that share them, all of them real processes with
 * ports, directories and a namespace of their own.
 */
export class Fleet {
  namespace;
  /** Where everything of this fleet is kept. */
  directory = temporaryDirectory();
  /** @type {Larder} */ larder;
  /** @type {Origin} */ origin;
  /** @type {Instance[]} */ #instances = [];
  #settings;
  #unknownId = 1000;

  /** @param {object} settings those of the adapter */
  constructor(namespace, settings = patientSettings) {
    this.namespace = namespace;
    this.#settings = settings;
  }

  /**
   * The fleet of the surrounding suite: it starts before the first test and ends after the last.
   *
   * @param {FleetOptions & { settings?: object }} options `settings` are those of the adapter
   */
  static ofSuite(namespace, { settings = patientSettings, ...options } = {}) {
    const fleet = new Fleet(namespace, settings);
    before(() => fleet.explained(() => fleet.start(options)));
    after(() => fleet.stop());
    return fleet;
  }

  /** The first instance. */
  get a() {
    return this.#instances[0];
  }

  /** The second instance. */
  get b() {
    return this.#instances[1];
  }

  /**
   * Starts one more instance, by default of the shop as it is built in this repository.
   *
   * @param {object} settings of its environment, beside those of the fleet
   */
  async join(name, build = {}, settings = {}) {
    const env = {
      ORIGIN_URL: this.origin.url,
      LARDER_URL: this.larder.url,
      LARDER_NAMESPACE: this.namespace,
      ...this.#settings,
      ...settings,
    };
    const instance = new Instance(name, await freePort(), { env, ...build });
    this.#instances.push(instance);
    await instance.start();
    return instance;
  }

  /** Waits until what one instance generates is a hit on the other, both ways. */
  async sharing(one = this.a, other = this.b) {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      await until(`${to.name} finds what ${from.name} generated`, async () => {
        const id = this.#unknownId++;
        for (const instance of [from, to]) await instance.ask(`/api/product/${id}`);
        return (await this.origin.asked(`product:${id}`)) === 1;
      });
    }
  }

  /** A test that is explained. */
  test(sentence, body) {
    test(sentence, { timeout }, (context) => this.explained(() => body(context)));
  }

  /**
   * Starts the processes: A and B of the shop unless other `names` or another `build` are given.
   * `larder: false` leaves the server down, `serve` are options of `larder serve`, and `delay` is
   * what a query takes.
   *
   * @typedef {{ names?: string[], build?: object, larder?: boolean, serve?: string[], delay?: number }} FleetOptions
   * @param {FleetOptions} options
   */
  async start({ names = ['A', 'B'], build, larder = true, serve, delay = 300 } = {}) {
    this.larder = new Larder(await freePort(), join(this.directory, 'larder'), serve);
    this.origin = new Origin(await freePort(), join(this.directory, 'shop.sqlite'), delay);
    await Promise.all([this.origin.start(), larder && this.larder.start()]);
    await Promise.all(names.map((name) => this.join(name, build)));
  }

  async stop() {
    await Promise.all(this.#programs().map((program) => program.stop()));
  }

  /** Runs `body`; when it fails, what the processes printed last is shown. */
  async explained(body) {
    try {
      await body();
    } catch (error) {
      console.error(
        this.#programs()
          .map(({ transcript }) => transcript)
          .join('\n'),
      );
      throw error;
    }
  }

  #programs() {
    return [this.larder, this.origin, ...this.#instances].filter((program) => program);
  }
}
