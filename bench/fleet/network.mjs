import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const host = '127.0.0.1';

/** The network between instances and what they share, which can be made to swallow everything. */
export class Network {
  #target;
  #server;
  #sockets = new Set();
  #parted = false;

  /** @param {string} url what it leads to */
  constructor(url) {
    this.#target = new URL(url).port;
  }

  async start() {
    this.#server = createServer((client) => this.#carry(client));
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
  }

  /**
   * The same environment, in which the address of what it leads to is that of this network; throws
   * where none of its settings is that address.
   */
  led(environment) {
    const { port } = this.#server.address();
    const lead = (value) =>
      typeof value === 'string' ? value.replaceAll(`:${this.#target}`, `:${port}`) : value;
    const led = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, lead(value)]),
    );
    if (Object.keys(led).every((name) => led[name] === environment[name])) {
      throw new Error(
        `none of ${Object.keys(led).join(', ')} names port ${this.#target}: nothing would be parted`,
      );
    }
    return led;
  }

  /** Lets nothing pass any more, without a word to anybody. */
  part() {
    this.#parted = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything pass, also what was held back. */
  heal() {
    this.#parted = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #carry(client) {
    const store = connect(Number(this.#target), host);
    for (const [from, to] of [
      [client, store],
      [store, client],
    ]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => this.#parted || from.resume());
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
      if (this.#parted) from.pause();
    }
  }
}
