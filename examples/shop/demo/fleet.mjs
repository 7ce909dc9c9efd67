import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const keptLines = 25;
const progressEvery = 2_000;
const startTimeout = 90_000;
const grace = 8_000;

/**
 * The processes of the demo. Each runs in its own process group, so that Ctrl-C reaches only the
 * demo, which then stops them itself and can tell a stop from a death.
 */
export class Fleet {
  #children = new Map();
  #stopping = false;
  #onDeath;
  #verbose;

  constructor({ onDeath, verbose }) {
    this.#onDeath = onDeath;
    this.#verbose = verbose;
  }

  /** Starts a process and waits until `ready`, an address, answers 200. */
  async start(name, { command, args, env = {}, cwd, ready }) {
    const child = spawn(command, args, {
      cwd,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const entry = { child, lines: [], gone: false };
    this.#children.set(name, entry);
    for (const stream of [child.stdout, child.stderr]) this.#keepLines(name, entry, stream);
    child.once('error', (error) =>
      this.#died(name, entry, `could not be started: ${error.message}`),
    );
    child.once('close', (code, signal) =>
      this.#died(name, entry, signal ? `was killed by ${signal}` : `ended with exit code ${code}`),
    );
    await this.#untilReady(name, entry, ready);
  }

  #keepLines(name, entry, stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        entry.lines.push(line);
        if (entry.lines.length > keptLines) entry.lines.shift();
        if (this.#verbose) console.log(`${name.padEnd(8)} | ${line}`);
      }
    });
  }

  #died(name, entry, reason) {
    if (entry.gone) return;
    entry.gone = true;
    if (!this.#stopping) this.#onDeath(name, reason, entry.lines);
  }

  async #untilReady(name, entry, ready) {
    const began = performance.now();
    let nextProgress = progressEvery;
    while (!entry.gone && !this.#stopping) {
      const answer = await fetch(ready, { signal: AbortSignal.timeout(1_000) }).catch(
        () => undefined,
      );
      await answer?.arrayBuffer().catch(() => undefined);
      const waited = performance.now() - began;
      if (answer?.ok) {
        console.log(`  ${name.padEnd(8)} ready after ${(waited / 1000).toFixed(1)} s`);
        return;
      }
      if (waited > startTimeout) {
        this.#onDeath(name, `did not answer ${ready} within ${startTimeout / 1000} s`, entry.lines);
        return;
      }
      if (waited > nextProgress) {
        console.log(`  ${name.padEnd(8)} still starting (${Math.round(waited / 1000)} s)`);
        nextProgress += progressEvery;
      }
      await sleep(100);
    }
  }

  /** Asks every process to end, and ends those that do not. */
  async stop() {
    this.#stopping = true;
    this.#signal('SIGTERM');
    const deadline = performance.now() + grace;
    while (this.#alive().length > 0 && performance.now() < deadline) await sleep(50);
    this.#signal('SIGKILL');
  }

  /** Ends every process at once; for the last moment of this one. */
  kill() {
    this.#stopping = true;
    this.#signal('SIGKILL');
  }

  #alive() {
    return [...this.#children.values()].filter(({ gone }) => !gone);
  }

  #signal(signal) {
    for (const { child } of this.#alive()) {
      try {
        if (child.pid) process.kill(-child.pid, signal);
      } catch {
        // It ended between the look and the signal.
      }
    }
  }
}
