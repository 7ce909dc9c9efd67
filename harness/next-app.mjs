import { join } from 'node:path';
import { Program } from './program.mjs';
import { until } from './until.mjs';
import { nextEnvironment } from './next-environment.mjs';

const host = '127.0.0.1';

/**
 * What a visitor is answered, and how many milliseconds that took, to the last byte.
 *
 * @typedef {{ status: number, headers: Headers, text: string, ms: number }} Answer
 */

/**
 * How an app is run. `server` is the server of a standalone build, or one of the app's own; without
 * it, `next start` or another `command` of Next.js runs in `directory`, where the app is built.
 *
 * @typedef {{ env: Record<string, string>, directory: string, server?: string, command?: string }} How
 */

/** One process of a Next.js app, and as its visitors see it. It serves `/api/health` when it is ready. */
export class NextApp {
  name;
  #port;
  #how;
  #program;
  /** Milliseconds for an answer; under development, what is asked for is compiled first. */
  #timeout;

  /**
   * Starts nothing yet.
   *
   * @param {string} name in INSTANCE, for the app
   * @param {number} port
   * @param {How} how
   */
  constructor(name, port, { env, directory, server, command = 'start' }) {
    this.name = name;
    this.#port = port;
    this.#timeout = command === 'dev' ? 120_000 : 30_000;
    const next = [join(directory, 'node_modules/next/dist/bin/next'), command];
    this.#how = {
      command: process.execPath,
      args: server ? [server] : [...next, '-H', host, '-p', `${port}`],
      cwd: directory,
      env: {
        ...env,
        INSTANCE: name,
        ...nextEnvironment,
        ...(server && { HOSTNAME: host, PORT: `${port}`, NODE_ENV: 'production' }),
      },
    };
  }

  /** Its address, without a trailing slash. */
  get url() {
    return `http://${host}:${this.#port}`;
  }

  /** What it printed last, for people. */
  get transcript() {
    return this.#program?.transcript ?? `${this.name} was not started`;
  }

  /** Starts the process, and asks it nothing. It may never be ready: some tests want that. */
  launch() {
    this.#program = new Program(`app ${this.name}`, this.#how);
  }

  /**
   * Waits until it has printed a line that contains `text`, among its last ones.
   *
   * @param {string} text
   * @throws {Error} with what it printed, after 30 s, or 2 min under development
   */
  async printed(text) {
    const found = () => this.#program.lines.some((line) => line.includes(text));
    try {
      await until(`${this.name} prints '${text}'`, found, { within: this.#timeout });
    } catch (error) {
      throw new Error(`${error.message}\n${this.transcript}`);
    }
  }

  /** Starts the process; done when it answers. */
  async start() {
    this.launch();
    await this.#program.ready(`${this.url}/api/health`, { within: 2 * this.#timeout });
  }

  /** Stops the process in its tracks, as a platform does that has no request for it. */
  freeze() {
    this.#program.signal('SIGSTOP');
  }

  /** Lets a frozen process go on. */
  thaw() {
    this.#program.signal('SIGCONT');
  }

  /** Ends the process as a power cut would. */
  async kill() {
    await this.#program?.kill();
  }

  /** Ends the process as a platform does, with SIGTERM. */
  async stop() {
    await this.#program?.stop();
  }

  /**
   * What `path` answers, whatever that is. A redirect is answered, and not followed.
   *
   * @param {string} path with its query
   * @param {RequestInit} init as for `fetch`
   * @returns {Promise<Answer>}
   */
  async ask(path, init = {}) {
    const began = performance.now();
    const answer = await fetch(this.url + path, {
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#timeout),
      ...init,
    });
    const text = await answer.text();
    const { status, headers } = answer;
    return { status, headers, text, ms: performance.now() - began };
  }

  /**
   * A page that must be there, as HTML.
   *
   * @param {string} path
   * @returns {Promise<string>}
   * @throws {Error} when its status is not 200
   */
  async page(path) {
    const { status, text } = await this.ask(path);
    if (status !== 200) throw new Error(`${this.name} answered ${path} with ${status}`);
    return text;
  }
}
