import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '@larder/harness/ports';
import { Program } from '@larder/harness/program';
import { redisClient, redisServer } from '@larder/harness/redis';
import { until } from '@larder/harness/until';

/** Milliseconds it may take for an answer to become what is expected. */
const PATIENCE = 30_000;

/** A real Redis or Valkey on a port and in a directory of its own; `LARDER_REDIS` names the program. */
export class Redis {
  readonly port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'larder-redis-'));
  readonly #options: readonly string[];
  #program: Program | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** A server with these options of its command line, which ends with the test. */
  static async start(t: Pick<TestContext, 'after'>, ...options: string[]): Promise<Redis> {
    const redis = new Redis(await freePort(), options);
    t.after(() => redis.end());
    await redis.revive();
    return redis;
  }

  /** A replica of `master` that has all it has. */
  static async replica(t: Pick<TestContext, 'after'>, master: Redis): Promise<Redis> {
    const replica = await Redis.start(t, '--replicaof', '127.0.0.1', String(master.port));
    await replica.until('master_link_status:up', 'INFO', 'replication');
    return replica;
  }

  /** A Sentinel that watches over `master` as `group`, and agrees with itself that it is gone. */
  static async sentinel(
    t: Pick<TestContext, 'after'>,
    group: string,
    master: Redis,
  ): Promise<Redis> {
    const redis = new Redis(await freePort(), ['--sentinel']);
    t.after(() => redis.end());
    writeFileSync(
      join(redis.#directory, 'sentinel.conf'),
      `sentinel monitor ${group} 127.0.0.1 ${master.port} 1\n` +
        `sentinel down-after-milliseconds ${group} 1000\n` +
        `sentinel failover-timeout ${group} 3000\n`,
    );
    await redis.revive();
    return redis;
  }

  /** Where it listens. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it over what it left; done when it answers. */
  async revive(): Promise<void> {
    const sentinel = this.#options.includes('--sentinel');
    const usual = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory];
    const args = sentinel
      ? [join(this.#directory, 'sentinel.conf'), ...usual, ...this.#options]
      : [...usual, '--save', '', ...this.#options];
    this.#program = new Program('redis', { command: redisServer(), args });
    await this.until('PONG', 'PING');
  }

  /** What it answers to a command. */
  ask(...command: string[]): Promise<string> {
    return new Promise((resolve) =>
      execFile(redisClient(), ['-p', String(this.port), ...command], (error, said) =>
        resolve(error ? String(error) : said.trim()),
      ),
    );
  }

  /** Done when the answer to a command contains `expected`. */
  async until(expected: string, ...command: string[]): Promise<void> {
    let answer = '';
    await until(
      () => `${command.join(' ')} answers '${expected}', not '${answer}'`,
      async () => (answer = await this.ask(...command)).includes(expected),
      { within: PATIENCE },
    );
  }

  /** Stops it in its tracks, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#program?.signal(signal);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  /** Ends it and removes what it stored. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
