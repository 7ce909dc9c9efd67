import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { until } from './until.mjs';

const keptLines = 80;

/** Milliseconds a process may take to end when it is asked to. */
const grace = 5_000;

/** The settings of the processes started here; nobody inherits them from the caller's shell. */
const ours =
  /^(LARDER_|ORIGIN_|NEXT_|SHOP_|INSTANCE$|WEBHOOK_SECRET$|PORT$|HOSTNAME$|NODE_ENV$|NODE_TEST_CONTEXT$)/;

/** What is to end with this process. */
const running = new Set();

process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(1));
}

/** Whether an address answers 200. */
async function isOk(address, authority) {
  if (authority) {
    return new Promise((resolve) => {
      const asked = get(address, { ca: authority, agent: false, timeout: 2_000 }, (answer) => {
        answer.resume().once('close', () => resolve(answer.statusCode === 200));
      });
      asked.once('timeout', () => asked.destroy()).once('error', () => resolve(false));
    });
  }
  const answer = await fetch(address, { signal: AbortSignal.timeout(2_000) }).catch(() => {});
  await answer?.arrayBuffer().catch(() => {});
  return answer?.ok;
}

/**
 * How a process is started. `env` is added to what it inherits of this one: all but the settings of
 * Larder, Next.js and the shop. It runs in `cwd`, by default where this process does.
 *
 * @typedef {{ command: string, args: string[], env?: Record<string, string>, cwd?: string }} How
 */

/**
 * A process in a group of its own, with the last 80 lines it printed. It never outlives this one, as
 * long as this one is not killed by force.
 */
export class Program {
  /** The last lines of its output, errors included. */
  lines = [];
  #name;
  #child;
  #end;
  #ending;

  /**
   * Starts it. Whether that worked is seen from `end`, or from what is waited for: nothing throws here.
   *
   * @param {string} name what it is called in messages
   * @param {How} how
   */
  constructor(name, { command, args, env = {}, cwd }) {
    this.#name = name;
    const inherited = Object.entries(process.env).filter(([key]) => !ours.test(key));
    this.#child = spawn(command, args, {
      cwd,
      detached: true,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#keepLines(stream);
    this.#child.once('error', (error) => this.#ended(`could not be started: ${error.message}`));
    this.#child.once('close', (code, signal) =>
      this.#ended(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
    this.#ending = once(this.#child, 'close').catch(() => {});
  }

  /** The number of the process. */
  get pid() {
    return this.#child.pid;
  }

  /**
   * How it ended, as the end of a sentence; undefined while it runs.
   *
   * @returns {string | undefined}
   */
  get end() {
    return this.#end;
  }

  /** How it ended and the last lines it printed, for people. */
  get transcript() {
    return [`${this.#name}${this.#end ? ` ${this.#end}` : ''}`, ...this.lines].join('\n  | ');
  }

  /**
   * Waits until `address` answers 200; fails at once when the process ends before.
   *
   * @param {string} address of HTTP, or of HTTPS
   * @param {{ within?: number, authority?: string }} how milliseconds it may take, and who has signed
   *   its certificate, in PEM, unless Node.js trusts it
   * @throws {Error} with what it printed last
   */
  async ready(address, { within = 60_000, authority } = {}) {
    const answers = () => {
      if (this.#end) throw new Error(`${this.#name} ended while starting`);
      return isOk(address, authority);
    };
    try {
      await until(`${this.#name} answers ${address}`, answers, { within });
    } catch (error) {
      throw new Error(`${error.message}\n${this.transcript}`);
    }
  }

  /**
   * Waits for its end.
   *
   * @returns {Promise<number | null>} its exit code; `null` where a signal ended it
   */
  async ended() {
    await this.#ending;
    return this.#child.exitCode;
  }

  /**
   * Sends a signal to it and to everything it started. Nothing happens where it has ended.
   *
   * @param {NodeJS.Signals} signal
   */
  signal(signal) {
    if (this.#end || !this.#child.pid) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }

  /** Ends it as a power cut would. Done when it has ended. */
  async kill() {
    this.signal('SIGKILL');
    await this.#ending;
  }

  /** Asks it to end, also if it is stopped in its tracks, and ends it if it has not after 5 s. */
  async stop() {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const timer = setTimeout(() => this.signal('SIGKILL'), grace);
    await this.#ending;
    clearTimeout(timer);
  }

  /** Keeps what a stream prints, line by line; a last line without its end is not kept. */
  #keepLines(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      this.lines.push(...lines);
      this.lines.splice(0, this.lines.length - keptLines);
    });
  }

  #ended(how) {
    this.#end ??= how;
    running.delete(this);
  }
}
