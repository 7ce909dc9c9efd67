import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds a slow server takes for each direction. */
const SLOW = 1500;

const HOST = '127.0.0.1';

/**
 * What a server can be to those who ask it, by name. `never there` is what it is before anybody
 * started it; all others befall a server that was asked before, and end.
 */
export const states = [
  'well',
  'never there',
  'killed',
  'frozen',
  'refusing',
  'slow',
  'unavailable',
  'unauthorized',
  'another site',
  'garbage',
  // It answers, and cannot keep what it is given, a shell included.
  ...(process.platform === 'linux' ? ['full'] : []),
];

/** What is answered in the place of a server, by state. */
const answers = {
  unavailable: answerOf('503 Service Unavailable', ''),
  unauthorized: answerOf('401 Unauthorized', '{"error":{"code":"unauthorized","message":"no"}}'),
  'another site': answerOf('200 OK', '<!doctype html><title>Welcome</title>'),
  garbage: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 37) % 256)),
};

/**
 * The only way from the instances to the server, on a port that stays the same. It is where all that
 * happens to a server that a process can be made to do, and what a network or a proxy does to it.
 */
export class Access {
  #larder;
  #port;
  #server;
  #state = 'never there';
  #pairs = new Set();

  /**
   * @param {import('@larder/harness/larder').Larder} larder
   * @param {number} port where instances find it
   */
  constructor(larder, port) {
    this.#larder = larder;
    this.#port = port;
  }

  /** Where instances find the server, whatever it is. */
  get url() {
    return `http://${HOST}:${this.#port}`;
  }

  /** What the server is now. */
  get state() {
    return this.#state;
  }

  /** Opens the way to a server that runs; until then it is `never there`. */
  async open() {
    this.#state = 'well';
    this.#server = createServer((client) => this.#accept(client));
    this.#server.listen(this.#port, HOST);
    await once(this.#server, 'listening');
  }

  /**
   * Has something happen to a server that is well; `well` ends it. Done when it has happened.
   *
   * @param {string} state one of `states`
   */
  async become(state) {
    if (state === this.#state) return;
    const was = this.#state;
    if (was === 'full') await this.#larder.kill();
    if (['killed', 'full', 'never there'].includes(was)) await this.#larder.start();
    if (was === 'frozen') this.#larder.thaw();
    if (was === 'refusing' || was === 'never there') await this.open();
    this.#state = state;
    switch (state) {
      case 'killed':
        return this.#larder.kill();
      case 'frozen':
        return this.#larder.freeze();
      case 'full':
        return this.#larder.fill();
      case 'refusing':
      case 'never there':
        return this.close();
      default:
        // Whoever is connected finds out at once.
        return this.#disconnect();
    }
  }

  /** Ends the way, and whatever is on it. */
  async close() {
    if (!this.#server) return;
    this.#disconnect();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server = undefined;
    await closed;
  }

  /** Breaks what passes now. */
  #disconnect() {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Carries a connection to the server, or answers in its place. */
  #accept(client) {
    if (this.#state in answers) return this.#answer(client);
    const server = connect(Number(new URL(this.#larder.url).port), HOST);
    const pair = [client, server];
    this.#pairs.add(pair);
    this.#pass(client, server);
    this.#pass(server, client);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const other of pair) other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  /** Passes on what comes, in its order, at once or late. */
  #pass(from, to) {
    let last = Promise.resolve();
    from.on('data', (bytes) => {
      if (this.#state !== 'slow') return void to.write(bytes);
      const arrives = pause(SLOW);
      last = last.then(() => arrives).then(() => void to.write(bytes));
    });
  }

  /** Answers as a proxy does whose server is away, or as something else that listens there. */
  #answer(client) {
    const pair = [client];
    this.#pairs.add(pair);
    client.on('close', () => this.#pairs.delete(pair)).on('error', () => {});
    client.once('data', () => client.end(answers[this.#state]));
  }
}

/** A whole answer of HTTP, after which the connection ends. */
function answerOf(status, body) {
  const headers = `content-length: ${body.length}\r\nconnection: close`;
  return Buffer.from(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}
