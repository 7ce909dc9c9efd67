import { join } from 'node:path';
import { Larder } from '@larder/harness/larder';
import { freePort } from '@larder/harness/ports';
import { Redis } from '@larder/harness/redis';
import { temporaryDirectory } from '@larder/harness/temporary';
import { Instance } from './instance.mjs';
import { Origin } from './origin.mjs';

/** How many servers, and how many instances of the shop. */
const size = 3;

/**
 * Whole instances of the shop over several servers that share a store, all of them real processes. Each
 * instance knows all servers. None serves what it could not verify: what it showed could be older than
 * what is known elsewhere, which is what is looked for here.
 */
export class ScaledFleet {
  /** Where everything of this fleet is kept. */
  directory = temporaryDirectory();
  /** @type {Redis} */ store;
  /** @type {Larder[]} */ servers = [];
  /** @type {Origin} */ origin;
  /** @type {Instance[]} */ instances = [];
  /** @type {Instance[]} */ #started = [];

  /** @param {'alone' | 'cluster'} kind of the store */
  async start(kind) {
    this.store = await Redis[kind](this.directory);
    this.origin = new Origin(await freePort(), join(this.directory, 'shop.sqlite'), 20);
    for (let n = 0; n < size; n++) {
      this.servers.push(new Larder(await freePort(), undefined, ['--store', this.store.url]));
    }
    await Promise.all([this.origin, ...this.servers].map((one) => one.start()));
    for (const name of ['A', 'B', 'C']) this.instances.push(await this.join(name));
  }

  /** One more instance, with other settings than the others. */
  async join(name, settings = {}) {
    const env = {
      ORIGIN_URL: this.origin.url,
      LARDER_URL: this.servers.map(({ url }) => url).join(','),
      LARDER_NAMESPACE: 'shop-scaled',
      LARDER_TIMEOUT: '1000',
      LARDER_OUTAGE_STALENESS: '0',
      ...settings,
    };
    const instance = new Instance(name, await freePort(), { env });
    this.#started.push(instance);
    await instance.start();
    return instance;
  }

  async stop() {
    const programs = [...this.#started, ...this.servers, this.origin, this.store];
    await Promise.all(programs.map((program) => program?.stop()));
  }

  /** Runs `body`; when it fails, what the processes printed last is shown. */
  async explained(body) {
    try {
      return await body();
    } catch (error) {
      const programs = [...this.#started, ...this.servers, this.store];
      console.error(programs.map((program) => program?.transcript).join('\n'));
      throw error;
    }
  }
}
