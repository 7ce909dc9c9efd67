import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const host = '127.0.0.1';

/** The network between instances and what they share, which can be made to swallow everything. */
export class Network {
  #target;
  #server;
  #sockets = new Set();
  #parted = false;

  /** @param {string} url what it leads to, on this machine */
  constructor(url) {
    this.#target = new URL(url).port;
  }

  /** Listens on a free port. */
  async start() {
    this.#server = createServer((client) => this.#carry(client));
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
  }

  /**
   * The same environment, in which the address of what it leads to is that of this network; throws
   * where none of its settings is that address.
   *
   * @param {Record<string, string | undefined>} environment
   * @returns {Record<string, string | undefined>}
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

  /**
   * Lets nothing pass any more, without a word to anybody. Connections stay up, and new ones are
   * taken: it looks like a host that has vanished.
   */
  part() {
    this.#parted = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything pass, also what was held back. */
  heal() {
    this.#parted = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Breaks all connections and listens no longer. */
  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Carries a connection both ways, as fast as either side reads. */
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
