import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A direction: `up` is what is sent to the server, `down` what it answers. */
export type Direction = 'up' | 'down';

/** A piece of network before a server: it can be cut, and swallow what is sent in one direction. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #stalled = new Set<Direction>();
  #cut = false;

  private constructor(target: () => number) {
    this.#server = createServer((client) => this.#accept(client, target()));
  }

  /** Leads to the port `target` names at the time, until the test ends. */
  static async start(t: Pick<TestContext, 'after'>, target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    t.after(() => proxy.#end());
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Where it listens. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and every new one at once. */
  cut(): void {
    this.#cut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Lets nothing pass in one direction, without a word to anybody. */
  stall(direction: Direction): void {
    this.#stalled.add(direction);
    for (const [client, server] of this.#pairs) (direction === 'up' ? client : server).pause();
  }

  /** Lets everything pass, also what was held back. */
  heal(): void {
    this.#cut = false;
    this.#stalled.clear();
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  #accept(client: Socket, port: number): void {
    if (this.#cut) return void client.destroy();
    const server = connect(port, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    this.#carry(client, server, 'up');
    this.#carry(server, client, 'down');
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => this.#stalled.has(direction) || from.resume());
    if (this.#stalled.has(direction)) from.pause();
  }

  #end(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
