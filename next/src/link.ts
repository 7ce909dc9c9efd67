import { WebSocket, type ClientOptions } from 'ws';
import { Addresses, jittered } from './addresses.js';
import { Hold, type Cargo } from './cargo.js';
import type { Clock } from './clock.js';
import { detached } from './detached.js';
import type { Log } from './log.js';
import { Pulse, type Patient } from './pulse.js';
import type { Settings } from './settings.js';
import { garbled, misfit, refusal, Standing } from './standing.js';
import {
  LinkFailure,
  patienceOf,
  type Listener,
  type Patience,
  type Transport,
} from './transport.js';
import { afterTurn } from './turn.js';
import { MalformedFrame, read, write } from './wire/codec.js';
import {
  PROTOCOL_VERSION,
  type Answer,
  type Frame,
  type Request,
} from './wire/frame.js';
import { LIMITS } from './wire/limits.js';
import { Writer } from './wire/writer.js';

const HANDSHAKE = 5000;
const LARGEST_MESSAGE = 256 << 20;
const LONGEST_HEARTBEAT = 60_000;

/** Milliseconds after which a connection has shown that it lasts. */
const LASTING = 2000;

interface Pending {
  answered(answer: Answer): void;
  lost(): void;
}

/*
 * One connection per process.
 *
 * It is opened by the first request that wants it and kept from then on: reopened with growing,
 * jittered pauses, answered or not, without keeping the process alive for a moment. The pauses grow
 * until a connection has lasted for a while: one that opens is none yet, as a server of another
 * version may greet and then say what cannot be read. A caller waits for a connection only while
 * the first attempt of an outage is still young; after that, `ready` says no at once.
 *
 * Frames asked for in one turn of the event loop leave as one message: the flush waits until the
 * microtasks of the turn have run, but not for other callbacks of the loop.
 *
 * A fleet and its server are often started together, and a server that has just started is slow.
 * Until it has answered once, or failed to, it is granted more patience than the timeout. This is
 * spent once in the life of the process.
 */

/** The persistent WebSocket connection to the server. */
export class Link implements Transport {
  readonly #settings: Settings;
  readonly #addresses: Addresses;
  readonly #name: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #standing: Standing;
  readonly #pulse: Pulse;
  readonly #hold = new Hold();
  readonly #pending = new Map<number, Pending>();
  readonly #waiters = new Set<() => void>();

  #state: 'idle' | 'resting' | 'connecting' | 'open' | 'ended' = 'idle';
  #socket: WebSocket | undefined;
  #received: () => number = () => 0;
  #outbox = new Writer();
  #flushing = false;
  #lastId = 0;
  #failures = 0;
  #openedAt = Infinity;
  #server: string | undefined;
  #garbled = false;
  #lasting: NodeJS.Timeout | undefined;
  #hopeful = false;
  #proven = false;
  #sentAt = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(settings: Settings, name: string, listener: Listener, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#addresses = new Addresses(settings.urls);
    this.#name = name;
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
    this.#standing = new Standing(listener, log, clock);
    this.#pulse = new Pulse(
      () => this.timeout,
      {
        received: () => this.#received(),
        unsent: () => this.#unsent(),
        probe: () => this.tell({ operation: 'PING' }),
        fell: (state) => this.#fell(state),
        die: () => this.#socket?.terminate(),
      },
      clock,
    );
  }

  /** Whether a request sent now can expect an answer. */
  get usable(): boolean {
    return this.#state === 'open' && !this.#pulse.silent;
  }

  get hopeless(): boolean {
    return this.#standing.hopeless;
  }

  /** Milliseconds a connection, or an answer, may take. */
  get timeout(): number {
    return patienceOf(this.#settings, this.#proven);
  }

  /** Whether the link is usable now, or becomes so within the timeout. Connects when idle. */
  async ready(): Promise<boolean> {
    if (this.#state === 'idle') this.#connect();
    while (this.#hopeful) await this.#change();
    return this.usable;
  }

  /** Whether the link is open, or becomes so within `most` milliseconds. Connects when idle. */
  async open(most: number): Promise<boolean> {
    if (this.#state === 'idle') this.#connect();
    const deadline = this.#clock() + most;
    while (this.#state !== 'open' && this.#state !== 'ended') {
      const left = deadline - this.#clock();
      if (left <= 0) break;
      await this.#change(left);
    }
    return this.#state === 'open';
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws LinkFailure when there is none within the patience
   */
  ask(
    request: Request,
    { turns, most, steadfast = false, late, gaveUp }: Patience,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (reason: LinkFailure['reason']): void =>
        reject(new LinkFailure(reason, this.#addresses.current));
      if (this.#state !== 'open') return fail('away');
      const requestId = this.#nextId();
      const patient: Patient = {
        patience: turns,
        deadline: this.#clock() + most,
        steadfast,
        giveUp: (reason) => {
          this.#proven = true;
          this.#pending.set(requestId, { answered: (answer) => late?.(answer), lost: () => {} });
          gaveUp?.(requestId);
          fail(reason);
        },
      };
      this.#pending.set(requestId, {
        answered: (answer) => {
          this.#pulse.leave(patient);
          resolve(answer);
        },
        lost: () => fail('lost'),
      });
      try {
        this.#post(request, requestId);
      } catch (error) {
        this.#pending.delete(requestId);
        return reject(error);
      }
      this.#pulse.watch(patient);
    });
  }

  /** Sends a request whose answer matters to nobody, or only to `answered`; not when closed. */
  tell(request: Request, answered: (answer: Answer) => void = () => {}): void {
    if (this.#state !== 'open') return;
    const requestId = this.#nextId();
    if (request.operation !== 'CANCEL') this.#pending.set(requestId, { answered, lost: () => {} });
    this.#post(request, requestId);
  }

  /** Takes a put, to be sent when the link has room; false when it would not fit in memory. */
  ship(cargo: Cargo): boolean {
    const taken = this.#hold.offer(cargo, this.#unsent());
    if (taken) this.#pump();
    return taken;
  }

  /** Closes the link for good. */
  end(): void {
    this.#state = 'ended';
    this.#hopeful = false;
    clearTimeout(this.#rest);
    this.#drop();
    this.#wake();
  }

  #connect(): void {
    clearTimeout(this.#rest);
    if (this.#state === 'idle') this.#hope();
    this.#state = 'connecting';
    detached(() => this.#attempt());
  }

  /** Lets callers wait for the connection, for as many undisturbed turns as the timeout has. */
  #hope(): void {
    this.#hopeful = true;
    const turn = this.timeout / 5;
    let left = 5;
    const pass = (): void => {
      if (!this.#hopeful) return;
      if (--left === 0) this.#despair();
      else afterTurn(turn, pass);
    };
    afterTurn(turn, pass);
  }

  #despair(): void {
    this.#hopeful = false;
    this.#wake();
  }

  #attempt(): void {
    const { namespace, token } = this.#settings;
    const url = this.#addresses.current;
    const options: ClientOptions = {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE,
      maxPayload: LARGEST_MESSAGE,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      finishRequest(request) {
        request.on('socket', (socket) => socket.unref());
        request.end();
      },
    };
    let socket: WebSocket;
    try {
      socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/${namespace}/connect`, options);
    } catch (error) {
      return this.#failed(String(error));
    }
    this.#socket = socket;
    let reason: string | undefined;
    const abandon = (why: string): void => {
      reason ??= why;
      socket.terminate();
    };
    const deadline = setTimeout(() => abandon('no handshake in time'), HANDSHAKE).unref();
    socket.on('upgrade', (response) => {
      const raw = response.socket.unref();
      this.#received = () => raw.bytesRead;
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      abandon(refusal(response.statusCode ?? 0));
    });
    socket.on('open', () => this.#greet(socket));
    socket.on('message', (message, binary) => {
      if (this.#socket !== socket || reason !== undefined) return;
      const broken = this.#hear(message as Buffer, binary, deadline);
      if (broken !== undefined) abandon(broken);
    });
    socket.on(
      'error',
      (error) => (reason ??= (error as NodeJS.ErrnoException).code ?? error.message),
    );
    socket.on('close', () => {
      clearTimeout(deadline);
      if (this.#socket === socket) this.#failed(reason ?? 'closed');
    });
  }

  #greet(socket: WebSocket): void {
    const hello = new Writer();
    write(hello, {
      operation: 'HELLO',
      requestId: this.#nextId(),
      version: PROTOCOL_VERSION,
      client: this.#name,
      known: this.#listener.known(),
    });
    socket.send(hello.take());
  }

  /** Takes one message; returns what is wrong with it, if anything. */
  #hear(message: Buffer, binary: boolean, handshake: NodeJS.Timeout): string | undefined {
    this.#pulse.heard();
    if (!binary) return 'a text message';
    try {
      for (const frame of read(message)) {
        const broken = this.#take(frame, handshake);
        if (broken !== undefined) return broken;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#garbled = true;
      return garbled(error.message, this.#server);
    }
  }

  #take(frame: Frame, handshake: NodeJS.Timeout): string | undefined {
    if (frame.operation === 'INVALIDATION') {
      this.#listener.pushed(frame);
      return undefined;
    }
    if (this.#state === 'connecting') {
      if (frame.operation === 'WELCOME' && frame.version === PROTOCOL_VERSION) {
        clearTimeout(handshake);
        this.#opened(frame);
        return undefined;
      }
      return misfit(frame);
    }
    if (frame.operation === 'ERROR' && frame.requestId === 0) {
      this.#log.error(`the server could not read a message: ${frame.message}`);
      return undefined;
    }
    if (frame.operation !== 'PONG') this.#proven = true;
    const pending = this.#pending.get(frame.requestId);
    this.#pending.delete(frame.requestId);
    pending?.answered(frame as Answer);
    return undefined;
  }

  #opened(welcome: Frame<'WELCOME'>): void {
    this.#state = 'open';
    this.#openedAt = this.#clock();
    this.#server = welcome.server;
    this.#hopeful = false;
    this.#listener.opened(welcome);
    this.#beat(Math.min(Math.max(100, welcome.heartbeat), LONGEST_HEARTBEAT) / 2);
    if (this.#garbled) this.#lasting = setTimeout(() => this.#up(), LASTING).unref();
    else this.#up();
    this.#pump();
    this.#wake();
  }

  #up(): void {
    this.#garbled = false;
    const { namespace } = this.#settings;
    this.#standing.up(`connected to ${this.#addresses.current}, namespace ${namespace}`);
  }

  /** Has something asked twice in a heartbeat, unless something was. */
  #beat(every: number): void {
    this.#heartbeat = setInterval(() => {
      if (this.#clock() - this.#sentAt >= every / 2) this.#listener.idle();
    }, every).unref();
  }

  #failed(reason: string): void {
    if (this.#clock() - this.#openedAt >= LASTING) this.#failures = 0;
    const surprising = this.usable && this.#failures === 0;
    this.#drop();
    this.#proven = true;
    if (this.#state === 'ended') return;
    this.#standing.down(`no connection to ${this.#addresses.current} (${reason})`);
    this.#addresses.turn();
    this.#state = 'resting';
    this.#hold.clear();
    if (surprising) this.#hope();
    else this.#hopeful = false;
    const growing = this.#addresses.rest(this.#failures++);
    const pause = jittered(surprising ? 20 : growing);
    detached(() => (this.#rest = setTimeout(() => this.#connect(), pause).unref()));
    this.#wake();
  }

  /** Lets go of the socket and of everybody who waits for an answer over it. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#received = () => 0;
    this.#openedAt = Infinity;
    this.#server = undefined;
    socket?.terminate();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#lasting);
    this.#pulse.stop();
    this.#outbox.truncate(0);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#listener.closed();
    for (const { lost } of pending) lost();
  }

  #fell(state: 'silent' | 'alive'): void {
    const url = this.#addresses.current;
    if (state === 'silent')
      this.#standing.down(`nothing heard from ${url} for ${this.timeout} ms`);
    else this.#standing.up(`${url} answers again`);
    this.#wake();
  }

  #post(request: Request, requestId: number): void {
    if (request.operation === 'PUT' && request.content.value.length > LIMITS.message) this.#flush();
    write(this.#outbox, { ...request, requestId } as Frame);
    this.#sentAt = this.#clock();
    if (this.#outbox.length > LIMITS.message) this.#flush();
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => process.nextTick(() => this.#flush()));
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#outbox.length === 0 || this.#state !== 'open') return;
    const message = this.#outbox.take();
    const size = message.length > 2 * LIMITS.message ? LIMITS.fragment : message.length;
    for (let at = 0; at < message.length; at += size) {
      const end = at + size;
      const fin = end >= message.length;
      this.#socket?.send(message.subarray(at, end), { fin }, () => fin && this.#pump());
    }
  }

  #pump(): void {
    if (this.#state !== 'open') return;
    this.#hold.pump(
      () => this.#unsent(),
      (cargo) => {
        this.tell(cargo.load(), (answer) => cargo.answered(answer));
        cargo.done(true);
      },
    );
  }

  #unsent(): number {
    return this.#outbox.length + (this.#socket?.bufferedAmount ?? 0);
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === 0xffffffff ? 1 : this.#lastId + 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  /** Waits for the next change of state, or for `most` milliseconds. */
  #change(most?: number): Promise<void> {
    return new Promise((resolve) => {
      const woken = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(woken);
        resolve();
      };
      const timer = most === undefined ? undefined : setTimeout(woken, most).unref();
      this.#waiters.add(woken);
    });
  }

  #wake(): void {
    for (const woken of this.#waiters) woken();
  }
}
