import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { Program } from '@larder/harness/program';
import { redisClient, redisServer } from '@larder/harness/redis';
import { until } from '@larder/harness/until';

const run = promisify(execFile);

/** Cuts every large value in half, and leaves what handlers keep about values alone. */
const CUT = `
local function half(value) return string.sub(value, 1, math.floor(#value / 2)) end
for _, key in ipairs(redis.call('KEYS', '*')) do
  local type = redis.call('TYPE', key).ok
  if type == 'string' and redis.call('STRLEN', key) > 60000 then
    redis.call('SET', key, half(redis.call('GET', key)), 'KEEPTTL')
  elseif type == 'hash' then
    for _, field in ipairs(redis.call('HKEYS', key)) do
      local value = redis.call('HGET', key, field)
      if #value > 60000 then redis.call('HSET', key, field, half(value)) end
    end
  end
end`;

/** A Redis server as the store of a fleet; by default it keeps what it acknowledged when it is killed. */
export class Redis {
  #port;
  #directory;
  #settings;
  #program;

  /**
   * @param {number} port on loopback
   * @param {string} directory where it keeps its files, which is made if it is not there
   * @param {Record<string, string>} settings of `redis.conf`, in place of the default ones
   */
  constructor(port, directory, settings = {}) {
    this.#port = port;
    this.#directory = directory;
    this.#settings = settings;
  }

  /** Its address, with the scheme `redis:`. */
  get url() {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** On loopback. */
  get port() {
    return this.#port;
  }

  /** What it printed last, for people. */
  get transcript() {
    return this.#program?.transcript ?? 'redis was not started';
  }

  /**
   * Starts the process; done when it answers.
   *
   * @throws {Error} with what it printed, when it ends before
   */
  async start() {
    mkdirSync(this.#directory, { recursive: true });
    const settings = {
      port: this.#port,
      bind: '127.0.0.1',
      dir: this.#directory,
      save: '',
      appendonly: 'yes',
      appendfsync: 'always',
      'notify-keyspace-events': 'Exe',
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    this.#program = new Program('redis', { command: redisServer(), args });
    await until('redis answers', async () => {
      if (this.#program.end) throw new Error(this.transcript);
      return (await this.#cli('PING').catch(() => '')) === 'PONG';
    });
  }

  /** Ends the process with SIGKILL. */
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

  /** Ends the process as an operator would. */
  async stop() {
    await this.#program?.stop();
  }

  /**
   * Cuts the values that are stored, which are to be larger than 60,000 bytes. Entries that stay
   * what they are, but for a value that ends too early.
   */
  async damage() {
    await Promise.all([0, 1].map((database) => this.#cli('-n', `${database}`, 'EVAL', CUT, '0')));
  }

  /** What it answers to a command; rejects when it does not within 30 s. */
  async #cli(...args) {
    const { stdout } = await run(redisClient(), ['-p', `${this.#port}`, ...args], {
      timeout: 30_000,
    });
    return stdout.trim();
  }
}
