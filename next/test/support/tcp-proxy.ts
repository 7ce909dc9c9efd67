import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A direction: `up` is what is sent to the server, `down` what it answers. */
export type Direction = 'up' | 'down';

/** How long bytes travel, in milliseconds: `latency`, and up to `jitter` more. */
export interface Delay {
  readonly latency: number;
  readonly jitter?: number;
}

/** Bytes on their way in one direction of a connection above which no more are taken. */
const WINDOW = 8 << 20;

/** What travels: bytes, or the end of what is sent. */
interface Freight {
  readonly due: number;
  readonly bytes: Buffer | undefined;
}

/** One direction of a connection. What is sent arrives in order, after the delay of its moment. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delay: () => number;
  readonly #freight: Freight[] = [];
  /** Bytes taken so far, delivered or not. */
  taken = 0;
  #bytes = 0;
  #stalled: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, delay: () => number, stalled: boolean) {
    this.#from = from;
    this.#to = to;
    this.#delay = delay;
    this.#stalled = stalled;
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.#take(undefined));
    to.on('drain', () => this.#resume());
    if (stalled) from.pause();
  }

  stall(): void {
    this.#stalled = true;
    this.#from.pause();
  }

  heal(): void {
    this.#stalled = false;
    this.#deliver();
    this.#resume();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#freight.length = 0;
  }

  #take(bytes: Buffer | undefined): void {
    const due = performance.now() + this.#delay();
    const before = this.#freight.at(-1)?.due ?? 0;
    this.#freight.push({ due: Math.max(due, before), bytes });
    this.#bytes += bytes?.length ?? 0;
    this.taken += bytes?.length ?? 0;
    if (this.#bytes > WINDOW) this.#from.pause();
    if (this.#freight.length === 1) this.#deliver();
  }

  /** Hands on what is due, and comes back for the rest. */
  #deliver(): void {
    clearTimeout(this.#timer);
    if (this.#stalled) return;
    for (let [next] = this.#freight; next; [next] = this.#freight) {
      const left = next.due - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(() => this.#deliver(), left);
        return;
      }
      this.#freight.shift();
      if (!next.bytes) {
        this.#to.end();
        continue;
      }
      this.#bytes -= next.bytes.length;
      if (!this.#to.write(next.bytes)) this.#from.pause();
      else this.#resume();
    }
  }

  #resume(): void {
    if (!this.#stalled && this.#bytes <= WINDOW && !this.#to.writableNeedDrain) this.#from.resume();
  }
}

/**
 * A piece of network before a server: it can be cut, swallow what is sent in one direction, and take
 * its time for each.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #random: () => number;
  readonly #pairs = new Map<readonly [Socket, Socket], Readonly<Record<Direction, Lane>>>();
  readonly #stalled = new Set<Direction>();
  readonly #delays: Record<Direction, Delay> = { up: { latency: 0 }, down: { latency: 0 } };
  #cut = false;

  private constructor(target: () => number, random: () => number) {
    this.#random = random;
    this.#server = createServer({ allowHalfOpen: true }, (client) =>
      this.#accept(client, target()),
    );
  }

  /**
   * Leads to the port `target` names at the time, until the test ends.
   *
   * @param random what jitter follows from, from 0 to 1
   */
  static async start(
    t: Pick<TestContext, 'after'>,
    target: () => number,
    random: () => number = Math.random,
  ): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, random);
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
    for (const pair of this.#pairs.keys()) for (const socket of pair) socket.destroy();
  }

  /** Lets nothing pass in one direction, without a word to anybody. */
  stall(direction: Direction): void {
    this.#stalled.add(direction);
    for (const lanes of this.#pairs.values()) lanes[direction].stall();
  }

  /** Lets everything pass, also what was held back. */
  heal(): void {
    this.#cut = false;
    this.#stalled.clear();
    for (const { up, down } of this.#pairs.values()) for (const lane of [up, down]) lane.heal();
  }

  /** Bytes on their way in one direction, or delivered, over the connections there are. */
  taken(direction: Direction): number {
    return [...this.#pairs.values()].reduce((sum, lanes) => sum + lanes[direction].taken, 0);
  }

  /** Delays what is sent in one direction from now on. */
  delay(direction: Direction, delay: Delay): void {
    this.#delays[direction] = delay;
  }

  #accept(client: Socket, port: number): void {
    if (this.#cut) return void client.destroy();
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [client, server] as const;
    const lanes = {
      up: this.#lane(client, server, 'up'),
      down: this.#lane(server, client, 'down'),
    };
    this.#pairs.set(pair, lanes);
    let open = pair.length;
    const closed = (socket: Socket): void => {
      if (--open === 0) {
        this.#pairs.delete(pair);
        for (const lane of [lanes.up, lanes.down]) lane.end();
      }
      // What ended in good order is delivered to its end, unless it is held back for good.
      if (socket.readableEnded && !socket.errored && !this.#cut && this.#stalled.size === 0) return;
      for (const end of pair) end.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => closed(socket));
    }
  }

  #lane(from: Socket, to: Socket, direction: Direction): Lane {
    const delay = (): number => {
      const { latency, jitter = 0 } = this.#delays[direction];
      return latency + jitter * this.#random();
    };
    return new Lane(from, to, delay, this.#stalled.has(direction));
  }

  #end(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
