import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checkout } from '@larder/harness/checkout';
import { nextEnvironment } from '@larder/harness/next-environment';
import { freePort } from '@larder/harness/ports';
import { Program } from '@larder/harness/program';
import { node } from '../measurement/testbed.mjs';
import { processorSeconds } from './processor.mjs';
import { within } from './within.mjs';

const host = '127.0.0.1';

/** Milliseconds after which a request that was not answered has failed. */
const TIMEOUT = 30_000;

/** Milliseconds for building the app. */
const BUILT_WITHIN = 300_000;

/** Milliseconds for an instance to be ready. */
const READY_WITHIN = 120_000;

/** The directory of the app, as it is built. */
const source = fileURLToPath(new URL('app', import.meta.url));

/**
 * Builds the app in a directory of its own.
 *
 * @param {string} directory
 * @param {{ environment?: Record<string, string>, change?: (app: string) => void }} how `change` is called
 *   with the directory of the app before it is built
 * @returns {Promise<string>} where `next start` finds it
 */
export async function built(directory, { environment = {}, change = () => {} } = {}) {
  const checkout = new Checkout(join(directory, 'app'), source);
  change(checkout.app);
  await within('next build of the app', BUILT_WITHIN, checkout.build(environment));
  return checkout.app;
}

/** Processes of the app before one cache. */
export class Instances {
  /** Those that are given visitors. @type {Instance[]} */ all = [];
  /** Those that are not, yet or any more. */
  #others = new Set();
  #env;
  #started = 0;

  /**
   * Starts `count` of them.
   *
   * @param {import('../../conformance/subjects/subject.mjs').Deployment} deployment of the cache
   * @param {{ app: () => string, origin: string, count: number, cache: 'larder' | 'handler' | 'none',
   *   environment?: Record<string, string> }} how `app` tells each where it is built, and `cache` how its
   *   configuration names the cache; `environment` is added to theirs
   * @throws {Error} when one of them is not ready in time; none is left running then
   */
  static async start(deployment, { app, origin, count, cache, environment = {} }) {
    const instances = new Instances({
      ...deployment.environment,
      BENCH_CACHE: cache,
      BENCH_HANDLER: deployment.module,
      BENCH_ORIGIN: origin,
      ...environment,
      ...nextEnvironment,
      NODE_ENV: 'production',
    });
    try {
      for (let i = 0; i < count; i++) instances.all.push(await instances.#begun(app()));
      await Promise.all(instances.all.map((instance) => instance.ready()));
    } catch (error) {
      await instances.stop();
      throw error;
    }
    return instances;
  }

  constructor(env) {
    this.#env = env;
  }

  /**
   * One more, which is ready and has no visitors.
   *
   * @param {string} app where it is built
   * @returns {Promise<Instance>}
   */
  async ready(app) {
    const instance = await this.#begun(app);
    this.#others.add(instance);
    await instance.ready();
    return instance;
  }

  /**
   * Gives one the visitors of another, and ends that once it has answered all it was asked.
   *
   * @param {Instance} old one of `all`
   * @param {Instance} instance one that is ready
   */
  async replace(old, instance) {
    this.all = this.all.map((one) => (one === old ? instance : one));
    this.#others.delete(instance);
    this.#others.add(old);
    await old.answered();
    await old.stop();
    this.#others.delete(old);
  }

  /** One more, which may not be ready yet. */
  async #begun(app) {
    return new Instance(`next ${++this.#started}`, await freePort(), { app, env: this.#env });
  }

  /** What all of them printed last. */
  get transcript() {
    return this.all.map(({ transcript }) => transcript).join('\n');
  }

  /** Seconds of CPU that all of them used. It grows with each moment: two of them are compared. */
  get cpu() {
    return this.all.reduce((sum, { cpu }) => sum + cpu, 0);
  }

  /** Ends all of them. */
  async stop() {
    await Promise.all([...this.all, ...this.#others].map((instance) => instance.stop()));
  }
}

/** How an item is shown on a page, with its version. */
const SHOWN = /data-item="(\S+) (\d+)"/g;

/** One process of the app, which is started at once. */
class Instance {
  #asked = new Set();
  #name;
  #port;
  #program;
  #agent = new Agent({ keepAlive: true });
  /** The id of the action that invalidates an item. @type {string} */ #editItem;

  /**
   * @param {string} name for messages
   * @param {number} port
   * @param {{ app: string, env: Record<string, string> }} how
   */
  constructor(name, port, { app, env }) {
    this.#name = name;
    this.#port = port;
    this.#program = new Program(name, {
      command: node,
      args: [join(app, 'node_modules/next/dist/bin/next'), 'start', '-H', host, '-p', `${port}`],
      cwd: app,
      env,
    });
  }

  /** Waits until it answers. Also until it is known how its action is called. */
  ready() {
    return within(`${this.#name} of the app is ready`, READY_WITHIN, this.#answers());
  }

  /** Asks whether it is ready, and for the page with the form of the action. */
  async #answers() {
    await this.#program.ready(`http://${host}:${this.#port}/api/ready`);
    const form = await this.#ask('GET', '/edit');
    this.#editItem = /\$ACTION_ID_([0-9a-f]+)/.exec(form)?.[1];
    if (!this.#editItem) throw new Error(`/edit names no action: ${form.slice(0, 200)}`);
  }

  /** What it printed last. */
  get transcript() {
    return this.#program.transcript;
  }

  /** Seconds of CPU it used; it is one process with the app in it. */
  get cpu() {
    return processorSeconds(this.#program.pid);
  }

  /**
   * Reads an item; what was answered, as JSON.
   *
   * @param {string} id
   * @returns {Promise<{ id: string, version: number, text: string }>}
   */
  async item(id) {
    return JSON.parse(await this.#ask('GET', `/api/item/${id}`));
  }

  /**
   * Visits a page.
   *
   * @param {string} path
   * @returns {Promise<{ id: string, version: number }[]>} the items on it
   */
  async page(path) {
    const html = await this.#ask('GET', path);
    return [...html.matchAll(SHOWN)].map(([, id, version]) => ({ id, version: Number(version) }));
  }

  /** Waits until it has answered all it was asked; that ends by the timeout of a request. */
  async answered() {
    await Promise.allSettled(this.#asked);
  }

  /**
   * Invalidates an item, as a page of the app would; done when that is acknowledged.
   *
   * @param {string} id
   */
  async edit(id) {
    const headers = {
      accept: 'text/x-component',
      'content-type': 'text/plain;charset=UTF-8',
      'next-action': this.#editItem,
      origin: `http://${host}:${this.#port}`,
    };
    await this.#ask('POST', '/edit', { headers, body: JSON.stringify([id]) });
  }

  /** Ends it and its connections. */
  async stop() {
    this.#agent.destroy();
    await this.#program.stop();
  }

  /** The same as `#answer`, which it is known to do. */
  #ask(method, path, how) {
    const answer = this.#answer(method, path, how);
    this.#asked.add(answer);
    const forget = () => this.#asked.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  /**
   * The body of an answer of 200; anything else rejects. Not by `fetch`, which takes several times the
   * processor time that the instances should have.
   */
  #answer(method, path, { headers = {}, body = '', agent = this.#agent } = {}) {
    return new Promise((resolve, reject) => {
      const sent = request({ agent, host, port: this.#port, method, path, headers }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', fail);
        answer.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${path} was answered with ${answer.statusCode}`));
        });
      });
      // For all of the answer: an idle connection would wait on with every byte that comes.
      const fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => {
        const error = new Error(`not within ${TIMEOUT} ms: the answer to ${method} ${path}`);
        fail(error);
        sent.destroy(error);
      }, TIMEOUT);
      sent.on('error', (error) => {
        // Next.js had just closed a connection it thought idle; nobody has read the request.
        const again = sent.reusedSocket && error.code === 'ECONNRESET';
        if (!again) return fail(error);
        clearTimeout(timer);
        // On a connection of its own, so that there is no third time.
        this.#answer(method, path, { headers, body, agent: false }).then(resolve, reject);
      });
      sent.end(body);
    });
  }
}
