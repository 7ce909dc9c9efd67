import { execFile, execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Program } from './program.mjs';

const host = '127.0.0.1';
const jvmOptions = fileURLToPath(new URL('../server/jvm.options', import.meta.url));

/**
 * Why there is no server to start, and what to do about it; undefined if there is one.
 *
 * @returns {string | undefined} a sentence without its full stop
 */
export function whyNoServer() {
  const { LARDER_JAR: jar } = process.env;
  if (jar && existsSync(jar)) return undefined;
  return (
    `${jar ? `LARDER_JAR names ${jar}, which does not exist` : 'LARDER_JAR is not set'}; ` +
    'build the server with ./larder build and name server/target/larder.jar there, and the java to run ' +
    'it with in LARDER_JAVA'
  );
}

/** Milliseconds a command may take. */
const patience = 30_000;

/** How java is called with the server's jar, as `./larder` does: with the start-up cache, if there is one. */
function program(...args) {
  const { LARDER_JAR: jar, LARDER_JAVA: java = 'java' } = process.env;
  const cache = jar.replace(/jar$/, 'aot');
  return {
    command: java,
    args: [`@${jvmOptions}`, `-XX:AOTCache=${cache}`, '-jar', jar, ...args],
  };
}

/**
 * Runs a command of `larder` to its end.
 *
 * @param {string[]} args as on its command line
 * @param {Record<string, string>} [settings] of its environment, in which no others of Larder are
 * @returns {Promise<{ status: number | string, stdout: string, stderr: string }>} whatever its exit status
 */
export function command(args, settings = {}) {
  const { command: java, args: all } = program(...args);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('LARDER_'));
  const env = { ...Object.fromEntries(inherited), ...settings };
  return new Promise((resolve) => {
    execFile(java, all, { env, timeout: patience }, (error, stdout, stderr) =>
      resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    );
  });
}

/**
 * The Larder server: one port and one data directory, and a process that comes and goes. It is not
 * started by its construction, and may be started again over the same data.
 */
export class Larder {
  #port;
  #data;
  #options;
  #authority;
  #program;

  /**
   * @param {number} port on loopback
   * @param {string | undefined} data its data directory, unless `options` name a store
   * @param {string[]} options of `larder serve`, beside those for the port and the directory
   * @param {string} [authority] has signed the certificate that `options` name, in PEM; HTTP without
   */
  constructor(port, data, options = [], authority) {
    this.#port = port;
    this.#data = data;
    this.#options = options;
    this.#authority = authority;
  }

  /** Its address, without a trailing slash; the same after each start. */
  get url() {
    return `http${this.#authority ? 's' : ''}://${host}:${this.#port}`;
  }

  /** What it printed last, for people. */
  get transcript() {
    return this.#program?.transcript ?? 'larder was not started';
  }

  /**
   * Starts the process, as `./larder serve` does: with the start-up cache, if there is one beside
   * the jar. Done when it says that it is ready, its store too.
   *
   * @throws {Error} when there is no server to start, or it ends, or is not ready within a minute
   */
  async start() {
    const missing = whyNoServer();
    if (missing) throw new Error(missing);
    const data = this.#data === undefined ? [] : ['--data', this.#data];
    this.#program = new Program(
      'larder',
      program('serve', '--host', host, '--port', `${this.#port}`, ...data, ...this.#options),
    );
    await this.#program.ready(`${this.url}/readyz`, { authority: this.#authority });
  }

  /** Ends the process with SIGKILL: what is not durable is lost. */
  async kill() {
    await this.#program?.kill();
  }

  /** Stops the process in its tracks. */
  freeze() {
    this.#program.signal('SIGSTOP');
  }

  /** Lets a frozen process go on. */
  thaw() {
    this.#program.signal('SIGCONT');
  }

  /** Has no file of the process take another byte, as on a full disk, until it ends; on Linux only. */
  fill() {
    execFileSync('prlimit', ['--pid', `${this.#program.pid}`, '--fsize=0']);
  }

  /** Throws away what the server had stored; only while it is not running. */
  forget() {
    rmSync(this.#data, { recursive: true });
  }

  /** Ends the process as an operator would, with SIGTERM. */
  async stop() {
    await this.#program?.stop();
  }

  /**
   * What a namespace holds, as the server tells it; nothing while nobody has used it.
   *
   * @param {string} namespace
   * @returns {Promise<{ entries: number, leases: number }>} and what else `GET /v1/{namespace}`
   *   answers (`docs/protocol.md` §1.3)
   * @throws {Error} when it does not answer, or within 10 s
   */
  async describe(namespace) {
    const answer = await fetch(`${this.url}/v1/${namespace}`, {
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 404) return { entries: 0, leases: 0 };
    if (!answer.ok) throw new Error(`the server described ${namespace} with ${answer.status}`);
    return answer.json();
  }

  /**
   * Invalidates over HTTP, as a webhook would; done when the server says it is durable.
   *
   * @param {string} namespace
   * @param {readonly string[]} tags
   * @param {number} expire seconds: 0 is now, else stale now and expired after it
   * @throws {Error} with what was answered instead
   */
  async invalidate(namespace, tags, expire = 0) {
    const answer = await fetch(`${this.url}/v1/${namespace}/invalidate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tags, expire }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the invalidation was answered with ${answer.status}: ${text}`);
  }
}
