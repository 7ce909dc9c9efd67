import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';

/*
 * Where the items of the app come from. It is in the process of the benchmark, so that it counts
 * generations and knows what was true when each of them began.
 */

/** Words that compress like text does. */
const WORDS = 'the of a shelf jar price oat rye salt plum and in stock is new from ripe dark'.split(
  ' ',
);

/** Items with a version each, and every generation that read one. */
export class Origin {
  /** Milliseconds that a generation takes here. */
  #delay;
  #text;
  #server;
  #versions = new Map();
  #generations = new Map();
  /** When each of them began. */
  #begun = [];
  #running = 0;
  #events = new EventEmitter();

  /** @param {{ delay: number, bytes: number }} how milliseconds a generation takes and its size */
  constructor({ delay, bytes }) {
    this.#delay = delay;
    let text = '';
    for (let i = 0; text.length < bytes; i++)
      text += `${WORDS[(i * i + (i >> 3)) % WORDS.length]} `;
    this.#text = text.slice(0, bytes);
  }

  /** Its address. */
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Listens on a free port. */
  async start() {
    // A connection closed for being idle could meet the next request on its way.
    const lasting = { keepAliveTimeout: 0 };
    this.#server = createServer(lasting, (request, response) => this.#answer(request, response));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Breaks all connections and listens no longer. */
  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The version of an item that is true now, from 1. */
  version(id) {
    return this.#versions.get(id) ?? 1;
  }

  /** Changes an item: its version is one more from now on. Nobody is told. */
  edit(id) {
    this.#versions.set(id, this.version(id) + 1);
  }

  /** How many generations of an item began. Those that still run count. */
  generations(id) {
    return this.#generations.get(id) ?? 0;
  }

  /** How many generations of all items began. */
  get total() {
    return this.#begun.length;
  }

  /** When the generations after the first `before` of them began, as `performance.now` has it. */
  begun(before) {
    return this.#begun.slice(before);
  }

  /** Waits until nothing was generated for `ms` milliseconds. */
  async quiet(ms) {
    for (;;) {
      if (this.#running > 0) await once(this.#events, 'idle');
      const next = await once(this.#events, 'begun', { signal: AbortSignal.timeout(ms) }).catch(
        () => undefined,
      );
      if (!next && this.#running === 0) return;
    }
  }

  /** Begins a generation, and answers with what was true then. */
  #answer({ url }, response) {
    const id = url.slice('/items/'.length);
    // What is true when it begins: a generation that overlaps an edit is one that must not be served.
    const body = JSON.stringify({ id, version: this.version(id), text: this.#text });
    this.#generations.set(id, this.generations(id) + 1);
    this.#begun.push(performance.now());
    this.#running++;
    this.#events.emit('begun');
    setTimeout(() => {
      response.setHeader('content-type', 'application/json').end(body);
      if (--this.#running === 0) this.#events.emit('idle');
    }, this.#delay);
  }
}
