import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Runs commands in a directory, one after the other. A command that fails ends what it is part of:
 * each of these throws then, naming the command and how it ended.
 */
export class Shell {
  #directory;
  #environment;

  /**
   * @param {Record<string, string>} environment in addition to that of this process
   * @param {string} directory
   */
  constructor(directory, environment) {
    this.#directory = directory;
    this.#environment = { ...process.env, ...environment };
  }

  /**
   * The same, with more in the environment.
   *
   * @param {Record<string, string>} environment
   * @returns {Shell} another one; this one stays as it is
   */
  with(environment) {
    return new Shell(this.#directory, { ...this.#environment, ...environment });
  }

  /**
   * Runs a command that prints where this process prints.
   *
   * @param {string} command
   * @param {...string} args
   */
  async run(command, ...args) {
    await ended(this.#start(command, args, 'inherit'), command, args);
  }

  /**
   * Runs a command whose errors are printed where this process prints.
   *
   * @returns {Promise<string>} the last line of its output
   */
  async lastLine(command, ...args) {
    const child = this.#start(command, args, ['inherit', 'pipe', 'inherit']);
    const [printed] = await Promise.all([text(child.stdout), ended(child, command, args)]);
    return printed.trim().split('\n').at(-1);
  }

  /**
   * Runs a command that prints into a file, for long outputs.
   *
   * @param {string} file below the directory; what was in it is lost
   * @returns {Promise<string>} all it printed
   * @throws {Error} with the last 60 lines
   */
  async logged(file, command, ...args) {
    const path = join(this.#directory, file);
    mkdirSync(join(path, '..'), { recursive: true });
    const log = createWriteStream(path);
    const child = this.#start(command, args, ['inherit', 'pipe', 'pipe']);
    for (const output of [child.stdout, child.stderr]) output.pipe(log, { end: false });
    const written = () =>
      new Promise((resolve) => log.end(() => resolve(readFileSync(path, 'utf8'))));
    try {
      await ended(child, command, args);
    } catch (error) {
      const last = (await written()).split('\n').slice(-60).join('\n');
      throw new Error(`${last}\n${error.message}; the whole output is in ${file}`);
    }
    return written();
  }

  /** A command, begun. */
  #start(command, args, stdio) {
    return spawn(command, args, { cwd: this.#directory, env: this.#environment, stdio });
  }
}

/** Waits for the end of a command; rejects if it is no success. */
function ended(child, command, args) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) return resolve();
      const how = signal ? `was ended by ${signal}` : `ended with status ${status}`;
      return reject(new Error(`${[command, ...args].join(' ')} ${how}`));
    });
  });
}
