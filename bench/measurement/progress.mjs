/** Milliseconds between lines where they cannot be overwritten. */
const SELDOM = 10_000;

/** One line that says what is going on; where output is no terminal, a line now and then. */
export class Progress {
  #stream;
  #what = '';
  #said = -Infinity;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream = process.stderr) {
    this.#stream = stream;
  }

  /** Begins a part of the run. */
  begin(what) {
    this.#what = what;
    if (!this.#stream.isTTY) this.#stream.write(`${what}\n`);
    this.#said = performance.now();
  }

  /**
   * Says what is going on in it. Where output is no terminal, every ten seconds at most: logs stay
   * short.
   */
  say(detail) {
    if (this.#stream.isTTY) {
      const line = `${this.#what}: ${detail}`.slice(0, this.#stream.columns - 1);
      this.#stream.write(`\r\x1b[K${line}`);
    } else if (performance.now() - this.#said >= SELDOM) {
      this.#stream.write(`  ${detail}\n`);
      this.#said = performance.now();
    }
  }

  /** Ends the part with a line that stays. */
  end(line) {
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${line}\n`);
  }
}
