const pollEvery = 250;

/** The origin's counters as server-sent events, polled only while somebody listens. */
export class StatsFeed {
  #url;
  #listeners = new Set();
  #timer;
  #last = '';

  constructor(url) {
    this.#url = url;
  }

  /** Makes an HTTP response a listener until its connection closes. */
  add(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(this.#last === '' ? ': hello\n\n' : `data: ${this.#last}\n\n`);
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    this.#timer ??= setTimeout(() => this.#poll(), 0);
  }

  async #poll() {
    const stats = await fetch(this.#url, { signal: AbortSignal.timeout(2_000) })
      .then((answer) => answer.text())
      .catch(() => undefined);
    if (stats !== undefined && stats !== this.#last) {
      this.#last = stats;
      for (const listener of this.#listeners) listener.write(`data: ${stats}\n\n`);
    }
    this.#timer = this.#listeners.size > 0 ? setTimeout(() => this.#poll(), pollEvery) : undefined;
  }

  /** Lets every listener go. */
  close() {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }
}
