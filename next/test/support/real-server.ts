import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { kept, killed } from './processes.js';

/** The server of this repository, as its own process with its own data directory. */
export class RealServer {
  readonly data = mkdtempSync(join(tmpdir(), 'larder-next-'));
  url = '';
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  /** @param options of `larder serve`, beside the port and the data directory */
  constructor(...options: readonly string[]) {
    this.#options = options;
  }

  /** A running server that ends with the test. */
  static async start(
    t: Pick<TestContext, 'after'>,
    ...options: readonly string[]
  ): Promise<RealServer> {
    const server = new RealServer(...options);
    t.after(() => server.end());
    await server.serve();
    return server;
  }

  /** Starts the process, on the port it had before if there was one. */
  async serve(): Promise<void> {
    const { LARDER_JAR: jar = '', LARDER_JAVA: java = 'java' } = process.env;
    const port = this.url ? new URL(this.url).port : '0';
    const args = ['-jar', jar, 'serve', '--port', port, '--data', this.data, ...this.#options];
    const started = spawn(java, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = kept(started);
    const said: string[] = [];
    started.stderr.on('data', (text) => said.push(String(text)));
    const exited = once(started, 'exit').then(() => {
      throw new Error(`the server ended: ${said.join('')}`);
    });
    exited.catch(() => {});
    const listening = (async () => {
      for await (const line of createInterface(started.stdout)) {
        said.push(`${line}\n`);
        const url = /listens on (http:\S+?),/.exec(line)?.[1];
        if (url) return url;
      }
      return exited;
    })();
    this.url = await Promise.race([listening, exited]);
    started.stdout.resume();
  }

  /** Done when it can be asked, its store too, and has a namespace open. */
  async ready(namespace = 'test'): Promise<void> {
    for (const path of ['/readyz', `/v1/${namespace}`]) {
      const answered = async (): Promise<number> =>
        (await fetch(this.url + path).catch(() => undefined))?.status ?? 503;
      while ((await answered()) === 503) await pause(50);
    }
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    await killed(server);
  }

  /** Tells the process to stop, and waits for it; what it exits with. */
  async stop(): Promise<number | null> {
    const server = this.#process!;
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    this.#process = undefined;
    return server.exitCode;
  }

  /** Ends the process and removes its data. */
  async end(): Promise<void> {
    await this.kill();
    this.forget();
  }

  /** Stops the process in its tracks, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process!.kill(signal);
  }

  /** Throws everything away that the server had stored; only while it is not running. */
  forget(): void {
    rmSync(this.data, { recursive: true, force: true });
  }
}
