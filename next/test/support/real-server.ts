import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@larder/harness/ports';
import { Program } from '@larder/harness/program';
import { until } from '@larder/harness/until';

/** Milliseconds a server may take to listen. */
const STARTED = 60_000;

/**
 * The server of this repository, as its own process with its own data directory. It is started as
 * simply as possible, without the start-up cache and the options `./larder serve` has.
 */
export class RealServer {
  readonly data = mkdtempSync(join(tmpdir(), 'larder-next-'));
  url = '';
  readonly #options: readonly string[];
  #program: Program | undefined;

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

  /** Starts the process, on the port it had before if there was one; done when it listens. */
  async serve(): Promise<void> {
    const { LARDER_JAR: jar = '', LARDER_JAVA: java = 'java' } = process.env;
    const port = this.url ? new URL(this.url).port : String(await freePort());
    const args = ['-jar', jar, 'serve', '--port', port, '--data', this.data, ...this.#options];
    const program = new Program('larder', { command: java, args });
    this.#program = program;
    const listens = (): string | undefined => {
      if (program.end) throw new Error(program.transcript);
      const said = program.lines.join('\n');
      return /listens on (https?:\S+?),/.exec(said)?.[1];
    };
    this.url = (await until(() => `it listens: ${program.transcript}`, listens, {
      within: STARTED,
    }))!;
  }

  /** Done when it can be asked, its store too, and has a namespace open. */
  async ready(namespace = 'test'): Promise<void> {
    for (const path of ['/readyz', `/v1/${namespace}`]) {
      const answered = async (): Promise<number> =>
        (await fetch(this.url + path).catch(() => undefined))?.status ?? 503;
      while ((await answered()) === 503) await pause(50);
    }
  }

  /** Done once it has said that. */
  async said(text: string): Promise<void> {
    const program = this.#program!;
    await until(
      () => `it says '${text}': ${program.transcript}`,
      () => program.lines.some((line) => line.includes(text)),
      { within: STARTED },
    );
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    const server = this.#program;
    this.#program = undefined;
    await server?.kill();
  }

  /** Tells the process to stop, and waits for it; what it exits with. */
  async stop(): Promise<number | null> {
    const server = this.#program!;
    server.signal('SIGTERM');
    const status = await server.ended();
    this.#program = undefined;
    return status;
  }

  /** Ends the process and removes its data. */
  async end(): Promise<void> {
    await this.kill();
    this.forget();
  }

  /** Stops the process in its tracks, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#program!.signal(signal);
  }

  /** Throws everything away that the server had stored; only while it is not running. */
  forget(): void {
    rmSync(this.data, { recursive: true, force: true });
  }
}
