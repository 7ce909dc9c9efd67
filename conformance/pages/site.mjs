import { join } from 'node:path';
import { Larder } from '@larder/harness/larder';
import { NextApp } from '@larder/harness/next-app';
import { freePort } from '@larder/harness/ports';
import { temporaryDirectory } from '@larder/harness/temporary';
import { built, settingsOf } from './apps.mjs';
import { RoundRobin } from './round-robin.mjs';
import { Access } from './server-states.mjs';

/** Milliseconds a visitor waits for an answer. */
const TIMEOUT = 30_000;

let visitors = 0;

/**
 * An id nobody has asked for.
 *
 * @returns {string} different in every process that runs the suite at the same time, too
 */
export function newId() {
  return `n${process.pid}x${++visitors}`;
}

/**
 * What a visitor got. `status` is 0 for who went away; `print` says which generation is shown, `at`
 * when that began, in milliseconds since the epoch.
 *
 * @typedef {{ status: number, ms: number, print?: string, at?: number, text: string, headers: Headers }} Visit
 */

/** Two instances of an app and a proxy before them: with Larder, or each on Next.js' own cache. */
export class Site {
  /** The Larder server; undefined on Next.js' own cache. @type {Larder | undefined} */ larder;
  /** The way of the instances to it. @type {Access | undefined} */ access;
  /** @type {NextApp} */ a;
  /** @type {NextApp} */ b;
  #app;
  #cache;
  #settings;
  #serve;
  #proxy = new RoundRobin(() => [this.a.url, this.b.url]);
  #cookies = new Map();

  /**
   * @param {string} app one of those in `apps.mjs`
   * @param {'larder' | 'own'} cache
   * @param {{ generation?: number, settings?: Record<string, string>, serve?: string[] }} options
   *   `generation` is how many milliseconds one takes, `settings` are those of the adapter, `serve`
   *   options of the server
   */
  constructor(app, cache, { generation = 400, settings = {}, serve = [] } = {}) {
    this.#app = app;
    this.#cache = cache;
    this.#serve = serve;
    this.#settings = { PAGES_GENERATION_MS: `${generation}`, ...settings };
  }

  /** Where the proxy is. */
  get url() {
    return this.#proxy.url;
  }

  /** The name of the app. */
  get app() {
    return this.#app;
  }

  /** What its processes printed last. */
  get transcript() {
    return [this.larder, this.a, this.b].map((one) => one?.transcript ?? '').join('\n');
  }

  /**
   * Starts everything; done when both instances answer.
   *
   * @param {{ server?: boolean }} options with `server: false` the server is `never there`
   */
  async start({ server = true } = {}) {
    await this.#proxy.start();
    const env = {
      ...settingsOf(this.#app, this.#cache),
      ...this.#settings,
      PAGES_ORIGIN: this.url,
    };
    if (this.#cache === 'larder') {
      this.larder = new Larder(await freePort(), join(temporaryDirectory(), 'larder'), this.#serve);
      this.access = new Access(this.larder, await freePort());
      if (server) await this.larder.start();
      if (server) await this.access.open();
      Object.assign(env, { LARDER_URL: this.access.url, LARDER_NAMESPACE: 'pages' });
    }
    const start = async (name) => {
      const directory = await built(this.#app, this.#cache);
      const instance = new NextApp(name, await freePort(), { env, directory });
      await instance.start();
      return instance;
    };
    this.a = await start('A');
    this.b = await start('B');
  }

  /** Stops everything, also what has not started. A server that hangs is let go on first. */
  async stop() {
    await this.#proxy.stop();
    await this.access?.become('well');
    await this.access?.close();
    await Promise.all([this.a, this.b, this.larder].map((one) => one?.stop()));
  }

  /**
   * Asks for a page as its kind says.
   *
   * @param {import('./kinds.mjs').Kind} kind
   * @param {string} id
   * @param {{ url: string }} whom an instance, or this site for its proxy
   * @returns {Promise<Visit>}
   */
  async visit(kind, id, whom = this) {
    const { method = 'GET', headers = {}, draft, aborted } = kind;
    const cookie = draft ? { cookie: await this.#draftCookie(whom) } : {};
    // Not `AbortSignal.timeout`: Node.js 20 may collect its signal before it fires, and then a visit
    // never ends.
    const controller = new AbortController();
    const patience = aborted ?? TIMEOUT;
    const timer = setTimeout(
      () => controller.abort(new Error(`not within ${patience} ms`)),
      patience,
    );
    const init = { method, headers: { ...headers, ...cookie }, signal: controller.signal };
    const began = performance.now();
    try {
      let answer = await fetch(whom.url + kind.path(id), { redirect: 'manual', ...init });
      // Next.js sends who asks for data without a number in the address once more.
      const to = answer.headers.get('location');
      if (headers.rsc && to?.includes('_rsc')) {
        await answer.arrayBuffer();
        answer = await fetch(new URL(to, whom.url), { redirect: 'manual', ...init });
      }
      const text = await answer.text();
      return seen(answer.status, answer.headers, text, performance.now() - began);
    } catch (error) {
      if (!aborted)
        throw new Error(`${kind.name} ${kind.path(id)}: ${error.message}`, { cause: error });
      return seen(0, new Headers(), '', performance.now() - began);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Invalidates a path at once, as `revalidatePath` does; done when that is true. On Next.js' own cache
   * each instance does it by itself.
   *
   * @param {string} path beginning with a slash, as visitors ask for it
   */
  async invalidate(path) {
    if (this.larder) return this.larder.invalidate('pages', [`_N_T_${path}`]);
    await Promise.all([this.a, this.b].map((one) => this.revalidate({ path }, one)));
  }

  /**
   * Has an instance call `revalidateTag` or `revalidatePath`; it may answer before that is true.
   *
   * @param {{ path: string } | { tag: string }} body what is invalidated
   * @param {{ url: string }} whom an instance
   * @throws {Error} when it does not answer with a status of success
   */
  async revalidate(body, { url } = this.a) {
    const answer = await fetch(`${url}/api/revalidate`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status} to ${JSON.stringify(body)}`);
    await answer.arrayBuffer();
  }

  /**
   * The cookie of draft mode at an instance, asked for once.
   *
   * @returns {Promise<string>} `name=value`
   */
  async #draftCookie({ url }) {
    if (!this.#cookies.has(url)) {
      const answer = await fetch(`${url}/api/draft`, { method: 'POST' });
      await answer.arrayBuffer();
      this.#cookies.set(url, answer.headers.get('set-cookie').split(';')[0]);
    }
    return this.#cookies.get(url);
  }
}

/** What a page prints: when its generation began, which instance it was, and a number of its own. */
const PRINT = /(\d{4}-\d\d-\d\dT[\d:.]+Z) by [\w ]+, \d+/;

/**
 * What a visitor got.
 *
 * @param {number} ms it took
 * @returns {Visit}
 */
function seen(status, headers, text, ms) {
  const found = PRINT.exec(text);
  return { status, headers, text, ms, ...(found && { print: found[0], at: Date.parse(found[1]) }) };
}
