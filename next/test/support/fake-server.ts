import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { read, write } from '../../src/wire/codec.js';
import {
  NEVER,
  PROTOCOL_VERSION,
  type Answer,
  type AsOf,
  type Frame,
  type Invalidation,
  type Operation,
  type Request,
} from '../../src/wire/frame.js';
import { Writer } from '../../src/wire/writer.js';

type Received = Frame<Request['operation']>;
type Reply = (frame: Received, peer: Peer) => Omit<Answer, 'requestId'> | undefined;

/** What a reply in a batch has for a peer: nothing to send over. */
const NOBODY = undefined as unknown as Peer;

/** One connection to the fake server. */
export interface Peer {
  readonly socket: WebSocket;
  send(...frames: Frame[]): void;
  sendBytes(bytes: Uint8Array): void;
}

/** The history every fake server begins with. */
export const HISTORY: AsOf = { identity: 0x5d1fn, revision: 7n };

/**
 * A server that speaks the protocol as far as a test tells it to. It is for what a real server
 * cannot be made to do: silence, garbage, frames cut in half, damaged values.
 */
export class FakeServer {
  /** Every frame received, in order. */
  readonly frames: Received[] = [];
  /** The operations of each message received, in order. */
  readonly messages: Operation[][] = [];
  readonly peers: Peer[] = [];
  readonly headers: Record<string, unknown>[] = [];
  readonly paths: string[] = [];
  /** The version of the protocol it speaks. */
  version = PROTOCOL_VERSION;
  /** The terms in WELCOME. */
  readonly terms = { heartbeat: 60_000, lease: 60_000, frameLimit: 40 << 20 };
  /** The batches received, and those of them whose client went away unanswered. */
  readonly batches = { received: 0, abandoned: 0 };
  /** The status with which connections and batches are refused, if they are. */
  refuse: number | undefined;
  /** Whether batches are answered over connections that are closed then, as by one that stops. */
  leaving = false;
  /** What becomes of the answer to a batch of these operations. */
  spoil: (answer: Buffer, operations: readonly Operation[]) => Buffer = (answer) => answer;

  #current = HISTORY;
  /** The invalidations after `#floor`, which a REFRESH is answered from. */
  readonly #invalidations: Invalidation[] = [];
  #floor = HISTORY.revision;
  readonly #replies = new Map<Operation, Reply>();
  readonly #events = new EventEmitter().setMaxListeners(0);
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;
  #muted: (() => void)[] | undefined;

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await server.listen(0);
    return server;
  }

  /** Where its history stands. */
  get current(): AsOf {
    return this.#current;
  }

  /** Begins a history there, of which nothing is known before. */
  set current(asof: AsOf) {
    this.#current = asof;
    this.#floor = asof.revision;
    this.#invalidations.length = 0;
  }

  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get peer(): Peer {
    return this.peers.at(-1)!;
  }

  async listen(port: number): Promise<void> {
    const server = createServer((request, response) => void this.#batch(request, response));
    const sockets = new WebSocketServer({ noServer: true, maxPayload: 256 << 20 });
    this.#server = server;
    this.#sockets = sockets;
    server.on('upgrade', (request, socket, head) => {
      this.paths.push(request.url ?? '');
      this.headers.push(request.headers);
      if (this.refuse) {
        socket.end(`HTTP/1.1 ${this.refuse} Refused\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  /** Answers every frame of `operation` with what `reply` says; undefined is no answer. */
  on<O extends Request['operation']>(
    operation: O,
    reply: (frame: Frame<O>, peer: Peer) => Omit<Answer, 'requestId'> | undefined,
  ): void {
    this.#replies.set(operation, reply as Reply);
  }

  /** The first `count` frames of `operation`, as soon as so many were received. */
  async received<O extends Request['operation']>(operation: O, count = 1): Promise<Frame<O>[]> {
    for (;;) {
      const frames = this.frames.filter((frame) => frame.operation === operation);
      if (frames.length >= count) return frames.slice(0, count) as Frame<O>[];
      await once(this.#events, 'frame');
    }
  }

  /** How many frames of `operation` were received. */
  count(operation: Operation): number {
    return this.frames.filter((frame) => frame.operation === operation).length;
  }

  /** A connection, once there are `count` that have shaken hands. */
  async connected(count = 1): Promise<Peer> {
    await this.received('HELLO', count);
    return this.peer;
  }

  /** Neither reads nor answers from now on, as a process that was stopped. */
  freeze(): void {
    this.#muted ??= [];
  }

  /** Takes up what arrived meanwhile. */
  thaw(): void {
    const late = this.#muted ?? [];
    this.#muted = undefined;
    for (const take of late) take();
  }

  /** Ends all connections, and refuses new ones until `listen`. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    for (const { socket } of this.peers) socket.terminate();
    this.#sockets?.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Answers a batch once all its frames have a reply; what has none is never answered. */
  async #batch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.paths.push(request.url ?? '');
    this.headers.push(request.headers);
    response.on('close', () => {
      if (response.writableEnded) return;
      this.batches.abandoned++;
      this.#events.emit('frame');
    });
    const body = Buffer.concat(await request.toArray());
    if (this.refuse) return void response.writeHead(this.refuse).end();
    const take = (): void => {
      this.batches.received++;
      const frames = [...read([body])] as Received[];
      const operations = frames.map(({ operation }) => operation);
      this.messages.push(operations);
      const writer = new Writer();
      let answered = 0;
      for (const frame of frames) {
        this.frames.push(frame);
        const reply = this.#reply(frame, NOBODY);
        if (reply) write(writer, { ...reply, requestId: frame.requestId } as Frame);
        answered += reply ? 1 : 0;
      }
      if (this.leaving) response.setHeader('connection', 'close');
      if (answered === frames.length)
        response.end(this.spoil(Buffer.concat(writer.take()), operations));
      this.#events.emit('frame');
    };
    if (this.#muted) this.#muted.push(take);
    else take();
  }

  /** Done when so many clients have gone away unanswered. */
  async abandoned(count: number): Promise<void> {
    while (this.batches.abandoned < count) await once(this.#events, 'frame');
  }

  #accept(socket: WebSocket): void {
    const peer: Peer = {
      socket,
      send: (...frames) => {
        const writer = new Writer();
        for (const frame of frames) write(writer, frame);
        socket.send(Buffer.concat(writer.take()));
      },
      sendBytes: (bytes) => socket.send(bytes),
    };
    this.peers.push(peer);
    socket.on('error', () => {});
    socket.on('message', (message) => {
      const take = (): void => this.#take(message as Buffer, peer);
      if (this.#muted) this.#muted.push(take);
      else take();
    });
  }

  #take(message: Buffer, peer: Peer): void {
    const frames = [...read([message])] as Received[];
    this.messages.push(frames.map(({ operation }) => operation));
    for (const frame of frames) {
      this.frames.push(frame);
      const answer = this.#reply(frame, peer);
      if (answer) peer.send({ ...answer, requestId: frame.requestId } as Frame);
      this.#events.emit('frame');
    }
  }

  /** Advances the history by one invalidation; it is not pushed. */
  invalidate(tags: readonly string[], expire = 0): AsOf {
    const revision = this.#current.revision + 1n;
    this.#current = { ...this.#current, revision };
    const expiresIn = expire >= NEVER ? Infinity : expire * 1000;
    this.#invalidations.push({ revision, expiresIn, tags });
    return this.#current;
  }

  #refreshed({ identity, revision }: AsOf): Omit<Answer, 'requestId'> {
    const current = this.#current;
    const held =
      identity === current.identity && revision >= this.#floor && revision <= current.revision;
    const since = held ? revision : this.#floor;
    const invalidations = this.#invalidations.filter((missed) => missed.revision > since);
    return answer({ operation: 'REFRESHED', current, since, invalidations });
  }

  #reply(frame: Received, peer: Peer): Omit<Answer, 'requestId'> | undefined {
    const reply = this.#replies.get(frame.operation);
    return reply ? reply(frame, peer) : this.#usual(frame);
  }

  /** What a server without a store would answer. */
  #usual(frame: Received): Omit<Answer, 'requestId'> | undefined {
    switch (frame.operation) {
      case 'HELLO':
        return answer({
          operation: 'WELCOME',
          version: this.version,
          current: this.current,
          server: 'fake',
          ...this.terms,
        });
      case 'LOOKUP':
        return answer({ operation: 'MISS', current: this.current, lease: 0n });
      case 'PUT':
        return answer({ operation: 'STORED', outcome: 'stored' });
      case 'RELEASE':
        return answer({ operation: 'RELEASED', held: true });
      case 'RENEW':
        return answer({ operation: 'RENEWED', held: true });
      case 'INVALIDATE':
        return answer({
          operation: 'INVALIDATED',
          asof: this.invalidate(frame.tags, frame.expire),
        });
      case 'REFRESH':
        return this.#refreshed(frame.known);
      case 'HOTTEST':
        return answer({ operation: 'KEYS', keys: [] });
      case 'PING':
      case 'IDENTIFY':
      case 'REPORT':
      case 'PATHS':
        return answer({ operation: 'PONG' });
      default:
        return undefined;
    }
  }
}

/** Types an answer without its request id. */
export function answer<O extends Answer['operation']>(
  frame: { readonly operation: O } & Omit<Frame<O>, 'requestId' | 'operation'>,
): Omit<Answer, 'requestId'> {
  return frame as unknown as Omit<Answer, 'requestId'>;
}
