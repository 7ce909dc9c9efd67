import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { kept, killed } from '@larder/harness/children';
import { bounded } from '../use-cache/next/bounded.mjs';

/**
 * One read of a request, as scenarios ask for it.
 *
 * @typedef {object} Read
 * @property {string} key of the entry; of a page it makes the path
 * @property {string[]} [tags] of what is generated
 * @property {{ stale?: number, revalidate?: number, expire?: number }} [life] of what is generated,
 *   in seconds; what is left out is Next.js' default
 * @property {Record<string, string>} [rootParams] which a cached function reads, by name
 * @property {boolean} [unread] whether nobody reads the stream that is answered
 * @property {boolean} [corrupts] whether the reader writes to the bytes it is given, and transfers
 *   them
 * @property {string} [kind] of a value of the route cache, as Next.js names it: `APP_PAGE` where
 *   nothing is said
 * @property {boolean} [ppr] whether a page has holes
 * @property {boolean} [shell] whether a shell is answered in place of a page that is missing
 * @property {string} [form] of a value of FETCH, one of `FORMS`
 */

/**
 * A request: its invalidations come first, then its reads, all at once.
 *
 * @typedef {object} Asked
 * @property {string} [path] beginning with a slash; its soft tags are those of the request
 * @property {'request' | 'prerender' | 'cache'} [reader] what consumes what is read
 * @property {boolean} [bypass] whether it revalidates on demand: nothing is looked up
 * @property {Read[]} [reads]
 * @property {{ tags: string[], durations?: { expire?: number } }} [invalidate] with `expire` in
 *   seconds; without `durations` it is `updateTag`
 */

/**
 * What a read was answered.
 *
 * @typedef {object} Seen
 * @property {'hit' | 'stale' | 'generated' | 'joined' | 'abandoned'} outcome `joined` waited for
 *   what another request generated
 * @property {Uint8Array} [value] undefined where nobody read it
 * @property {object} about what the entry says beside its value, or what is wrong with it
 * @property {number} ms how long it took, in milliseconds
 * @property {number} [age] since its generation began, in milliseconds of Next.js' clock
 */

/**
 * A call of a method of a handler that has settled.
 *
 * @typedef {{ method: string, ms: number, failed?: string }} Call `ms` in milliseconds; `failed`
 *   says how, in a sentence
 */

/** The programs that stand for Next.js around a handler, by the interface it has. */
const PROGRAMS = {
  'use cache': fileURLToPath(new URL('../use-cache/next/process.mjs', import.meta.url)),
  routes: fileURLToPath(new URL('../route-cache/next/process.mjs', import.meta.url)),
};

/** Milliseconds after which an instance that has not answered counts as stuck. */
const TIMEOUT = 30_000;

/** Milliseconds in which an instance starts. */
const START = 60_000;

/** Settings of the processes started here, which nobody inherits from the caller's shell. */
const OURS = /^(CONFORMANCE_|LARDER_|NEXT_|NODE_ENV$|NODE_OPTIONS$)/;

/**
 * What is thrown when an instance does not do what it was asked: the handler is at fault, and not
 * the suite.
 */
export class Unanswered extends Error {}

/** A process with a handler in it, driven as Next.js drives it. */
export class Instance {
  name;
  #child;
  #waiting = new Map();
  #last = 0;
  #printed = [];
  #ended;

  /**
   * Starts one.
   *
   * @param {{ module: string, node: string, environment: object, interface?: string, origin?:
   *   import('./origin.mjs').Origin, program?: string, options?: string[] }} how `module` is the
   *   path of the handler, `node` the program that runs it, `program` another one around the
   *   handler, and `options` what Node.js is given
   * @throws {Error} with what it printed, when it does not start within a minute
   */
  static async start(name, how) {
    const instance = new Instance(name, how);
    await instance.#ready();
    return instance;
  }

  constructor(name, { module, node, environment, origin, options = [], ...how }) {
    this.name = name;
    const { interface: spoken = 'use cache', program = PROGRAMS[spoken] } = how;
    const inherited = Object.entries(process.env).filter(([key]) => !OURS.test(key));
    const child = fork(program, [], {
      execPath: node,
      execArgv: ['--expose-gc', ...options],
      env: {
        ...Object.fromEntries(inherited),
        NODE_ENV: 'production',
        CONFORMANCE_HANDLER: module,
        ...environment,
      },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = kept(child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#keep(stream);
    this.#child.on('message', (message) => this.#hear(message, origin));
    this.#ended = once(this.#child, 'exit').then(() => this.#end());
  }

  /** What it printed last, for people. */
  get transcript() {
    return [this.name, ...this.#printed].join('\n  | ');
  }

  /**
   * Asks for what a request reads, and invalidates.
   *
   * @param {Asked} asked
   * @returns {Promise<{ reads: Seen[], calls: Call[], ms: number }>} what was read, in the order of
   *   `asked.reads`, the calls of the handler that have settled, and milliseconds in all
   * @throws {Unanswered} when it does not answer within 30 s, or fails
   */
  request(asked) {
    return this.ask('request', asked);
  }

  /**
   * Reads one key; what the request answers for it, and the calls it made.
   *
   * @param {Read} call
   * @param {Asked} how what else is said of the request, such as `path` or `bypass`
   * @returns {Promise<Seen & { calls: Call[] }>}
   */
  async read(call, how = {}) {
    const { reads, calls } = await this.request({ ...how, reads: [call] });
    return { ...reads[0], calls };
  }

  /**
   * Invalidates as a Server Action does.
   *
   * @param {string[]} tags
   * @param {{ expire?: number }} [durations] seconds, as `revalidateTag` passes them on; none is
   *   `updateTag`
   */
  async invalidate(tags, durations) {
    return this.request({ invalidate: { tags, durations } });
  }

  /** Waits for what goes on after the answers: background generations and `set`. */
  settled() {
    return this.ask('settled', {});
  }

  /**
   * Calls one method of the handler, with no request around it.
   *
   * @returns {Promise<{ value: unknown, calls: object[] }>} `value` is undefined where it failed;
   *   the call says why
   */
  call(method, ...args) {
    return this.ask('call', { method, args });
  }

  /**
   * Bytes that `times` reads of a stored key, half of them unread, leave behind.
   *
   * @param {string} key
   * @param {number} times
   * @returns {Promise<number>} after a collection; it may be less than 0
   */
  retains(key, times) {
    return this.ask('retains', { key, times });
  }

  /**
   * Asks its program for something.
   *
   * @param {number} timeout milliseconds within which there is an answer
   * @throws Unanswered when there is none
   */
  ask(task, parameters = {}, timeout = TIMEOUT) {
    const id = ++this.#last;
    const answer = new Promise((resolve, reject) => {
      if (!this.#child.connected) reject(new Error(`${this.name} has ended`));
      this.#waiting.set(id, { resolve, reject });
    });
    this.#tell({ task, id, ...parameters });
    const stuck = `${this.name} did not answer within ${timeout / 1000} s`;
    return bounded(answer, timeout, stuck)
      .catch(({ message }) => {
        throw new Unanswered(message);
      })
      .finally(() => this.#waiting.delete(id));
  }

  /** Ends it as a power cut would. */
  async kill() {
    await killed(this.#child);
    await this.#ended;
  }

  /** Stops it in its tracks. What it is asked meanwhile waits. */
  freeze() {
    this.#child.kill('SIGSTOP');
  }

  /** Lets it go on. */
  thaw() {
    this.#child.kill('SIGCONT');
  }

  /** Waits until its program says that it listens. */
  async #ready() {
    const ready = new Promise((resolve, reject) => {
      this.#waiting.set('ready', { resolve, reject });
    });
    await bounded(ready, START, `${this.name} did not start`).catch((error) => {
      throw new Error(`${error.message}\n${this.transcript}`);
    });
  }

  /**
   * Sends it a message; if it ends meanwhile, whoever waits for an answer learns that it ended.
   *
   * @param {{ task: string, id: number } | { ran: number, result: object }} message what it is
   *   asked, or what a cached function that it asked for came to
   */
  #tell(message) {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /**
   * Takes a message of its program: an answer, or a cached function that is to be run here.
   *
   * @param {{ id?: number, result?: unknown, failed?: string, run?: number, key?: string }} message
   *   with `run`, the number of a run, `key` says of which function; without an `id` it says that
   *   the program listens
   * @param {import('./origin.mjs').Origin} origin runs the cached functions
   */
  async #hear({ id = 'ready', result, failed, run, key }, origin) {
    if (run !== undefined) {
      const result = await origin.run(key);
      this.#tell({ ran: run, result });
      return;
    }
    const { resolve, reject } = this.#waiting.get(id) ?? {};
    if (failed === undefined) resolve?.(result);
    else reject?.(new Error(`a request on ${this.name} failed: ${failed}`));
  }

  /** Keeps the last 40 lines it printed. */
  #keep(stream) {
    stream.setEncoding('utf8').on('data', (text) => {
      this.#printed.push(...text.trimEnd().split('\n'));
      this.#printed.splice(0, this.#printed.length - 40);
    });
  }

  /** It has ended: whoever waits for an answer learns so. */
  #end() {
    for (const { reject } of this.#waiting.values()) reject(new Error(`${this.name} has ended`));
  }
}
