import { Addresses, jittered, LONGEST_HANDSHAKE } from './addresses.js';
import { PutQueue, type QueuedPut } from './put-queue.js';
import type { Clock } from '../runtime/clock.js';
import { Connection, type Owner } from './connection.js';
import { detached } from '../runtime/detached.js';
import type { Log } from '../runtime/log.js';
import type { Settings } from '../runtime/settings.js';
import { Condition } from '../runtime/condition.js';
import { ConnectionState } from './connection-state.js';
import { RequestIds } from './request-ids.js';
import {
  LinkFailure,
  patienceOf,
  type AnswerListener,
  type LinkListener,
  type Patience,
  type Transport,
} from './transport.js';
import { afterTurn, later } from '../runtime/turn.js';
import { unattended } from '../runtime/unattended.js';
import type { Answer, Frame, Request } from '../wire/frame.js';

/** Milliseconds of a heartbeat that is believed, whatever the server says. */
const LONGEST_HEARTBEAT = 60_000;

/** Milliseconds after which a connection has shown that it lasts. */
const LASTING = 2000;

/** Milliseconds without anything a server must not send after which it is none that does. */
const BEHAVED = 60_000;

/** Milliseconds to leave one alone that does so once more, at first and at most. */
const FIRST_OFFENCE = 1000;
const LAST_OFFENCE = 60_000;

/** Milliseconds within which the processes of a fleet turn to another server at a word. */
const SOON = 50;

/** Milliseconds within which one whose connection ended asks for another. */
const AT_ONCE = 20;

/*
 * One connection per process, and a second one while it moves.
 *
 * The first is opened by the first request that wants it and kept from then on: reopened with
 * growing, jittered pauses, answered or not, without keeping the process alive for a moment. The
 * pauses grow until a connection has lasted for a while: one that opens is none yet, as a server of
 * another version may greet and then say what cannot be read. A caller waits for a connection only
 * while the first attempt of an outage is still young; after that, `ready` says no at once.
 *
 * A server that is about to stop, or carries more than its share, says so, and goes on answering. The
 * next connection is opened beside the one in use; once it is open everything is asked there, and the
 * former one is closed when the last answer has come and the leases have moved. So nothing is lost on
 * the way. A server that has fallen silent is left in the same manner, if another one answers before
 * it is heard again; of it nothing more is expected.
 *
 * A fleet and its server are often started together, and a server that has just started is slow.
 * Until it has answered once, or failed to, it is granted more patience than the timeout. This is
 * spent once in the life of the process.
 */

/** The persistent WebSocket connection to a server. */
export class SocketTransport implements Transport {
  readonly #settings: Settings;
  readonly #addresses: Addresses;
  readonly #name: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #listener: LinkListener;
  readonly #connectionState: ConnectionState;
  readonly #owner: Owner;
  readonly #putQueue = new PutQueue();
  /** Woken when it opens, ends, falls silent, is heard again, or is not hoped for any more. */
  readonly #changed: Condition;
  readonly #requestIds = new RequestIds((id) => this.#connections().some((one) => one.has(id)));
  /** Connections that are answered to the end. */
  readonly #former = new Set<Connection>();

  /** The connection in use. */
  #current: Connection | undefined;
  /** The one being opened. */
  #next: Connection | undefined;
  /** Whether anybody has asked for a connection. */
  #begun = false;
  #ended = false;
  /** How many attempts in a row came to nothing that lasted. */
  #failures = 0;
  /**
   * Whether the last connection ended because of what the server sent, so that the next must last
   * to count as up.
   */
  #garbled = false;
  /** How often in a row a connection ended because of what the server sent. */
  #offences = 0;
  /** Whether callers wait for the connection that is being opened. */
  #hopeful = false;
  /** Whether a server has answered once, or failed to. */
  #proven = false;
  /** Fires when a connection has lasted. */
  #lasting: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  /** Fires when the next attempt is due. */
  #rest: NodeJS.Timeout | undefined;

  constructor(settings: Settings, name: string, listener: LinkListener, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#addresses = new Addresses(settings.urls);
    this.#name = name;
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
    this.#changed = new Condition(clock);
    this.#connectionState = new ConnectionState(listener, log, clock);
    this.#owner = this.#owning();
  }

  /** Whether a request sent now can expect an answer. */
  get usable(): boolean {
    return this.#current !== undefined && !this.#current.silent;
  }

  get hopeless(): boolean {
    return this.#connectionState.hopeless;
  }

  /** Milliseconds a connection, or an answer, may take. */
  get timeout(): number {
    return patienceOf(this.#settings, this.#proven);
  }

  greet(): void {
    if (!this.#begun) this.#begin();
  }

  /** Whether the link is usable now, or becomes so within the timeout. Connects when idle. */
  async ready(): Promise<boolean> {
    this.greet();
    while (this.#hopeful && !this.usable) await this.#changed.next();
    return this.usable;
  }

  /** Whether the link is open, or becomes so within `most` milliseconds. Connects when idle. */
  async open(most: number): Promise<boolean> {
    this.greet();
    await this.#changed.until(() => this.#current !== undefined || this.#ended, most);
    return this.#current !== undefined;
  }

  async moved(most: number): Promise<void> {
    await this.#changed.until(() => !this.#current?.leaving, most);
  }

  /**
   * Asks over the connection in use; `away` where there is none. It does not wait for one: that is
   * `ready`.
   */
  ask(request: Request, patience: Patience, listener: AnswerListener): void {
    if (this.#current) return this.#current.ask(request, patience, listener);
    listener(new LinkFailure('away', this.#addresses.current));
  }

  /**
   * Sends a request whose answer matters to nobody, or only to `answered`; not when closed. A
   * CANCEL goes to the connection its lookup was sent over, which may be a former one.
   */
  tell(request: Request, answered: (answer: Answer) => void = () => {}): void {
    if (request.operation !== 'CANCEL') return this.#current?.tell(request, answered);
    for (const connection of this.#connections()) {
      if (connection.has(request.lookup)) connection.tell(request);
    }
  }

  /** Takes a put, to be sent when the link has room; false when it would not fit in memory. */
  queuePut(queued: QueuedPut): boolean {
    const taken = this.#putQueue.offer(queued, this.#current?.unsent ?? 0);
    if (taken) this.#pump();
    return taken;
  }

  /** Closes the link for good. */
  end(): void {
    this.#ended = true;
    this.#begun = true;
    this.#hopeful = false;
    clearTimeout(this.#rest);
    const connections = this.#connections();
    this.#next = undefined;
    this.#former.clear();
    this.#lose();
    for (const connection of connections) connection.close();
    this.#changed.wake();
  }

  /** The one in use, the one being opened, and those that are answered to the end. */
  #connections(): Connection[] {
    return [this.#current, this.#next, ...this.#former].filter((one) => one !== undefined);
  }

  /** The owner of all connections: only the one in use decides. */
  #owning(): Owner {
    return {
      timeout: () => this.timeout,
      nextId: () => this.#requestIds.next(),
      opened: (connection, welcome) => this.#opened(connection, welcome),
      pushed: (connection, invalidation) => {
        if (connection === this.#current) this.#listener.pushed(invalidation);
      },
      leaving: (connection) => {
        if (connection === this.#current) this.#move(SOON);
      },
      proven: () => void (this.#proven = true),
      room: (connection) => {
        if (connection === this.#current) this.#pump();
      },
      fell: (connection, state) => {
        if (connection === this.#current) this.#fell(connection, state);
      },
      closed: (connection, reason) => this.#closed(connection, reason),
      complained: (text) => this.#log.error(text),
    };
  }

  /** The first attempt, for which callers wait. */
  #begin(): void {
    this.#begun = true;
    this.#hope();
    this.#connect();
  }

  /** Opens a connection to the server whose turn it is. */
  #connect(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    const call = {
      url: this.#addresses.current,
      name: this.#name,
      known: this.#listener.known(),
      // What still answers can be left at leisure.
      handshake: this.usable ? LONGEST_HANDSHAKE : this.#addresses.handshake(this.#failures),
    };
    try {
      this.#next = detached(() => new Connection(call, this.#settings, this.#owner, this.#clock));
    } catch (error) {
      this.#failed(call.url, String(error), false);
    }
  }

  /** Looks for another server within `pause` milliseconds, beside the connection in use. */
  #move(pause: number): void {
    if (this.#next || this.#rest) return;
    this.#addresses.turn();
    this.#connectAfter(jittered(pause));
  }

  /** The same after so many milliseconds, in place of what was planned before. */
  #connectAfter(pause: number): void {
    clearTimeout(this.#rest);
    this.#rest = later(pause, () => this.#connect());
  }

  /** Lets callers wait for the connection, for as many undisturbed turns as the timeout has. */
  #hope(): void {
    if (this.#hopeful) return;
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

  /** Callers wait no longer: they go without the cache. */
  #despair(): void {
    this.#hopeful = false;
    this.#changed.wake();
  }

  /** A connection takes the place of the one in use. */
  #opened(connection: Connection, welcome: Frame<'WELCOME'>): void {
    const before = this.#current;
    this.#current = connection;
    this.#next = undefined;
    this.#hopeful = false;
    clearTimeout(this.#lasting);
    const settled = this.#listener.opened(welcome, connection.known);
    this.#beat(Math.min(Math.max(100, welcome.heartbeat), LONGEST_HEARTBEAT) / 2);
    if (this.#garbled) this.#lasting = later(LASTING, () => this.#up());
    else this.#up();
    if (before) this.#part(before, settled);
    this.#pump();
    this.#changed.wake();
  }

  /** Leaves `former`, which another connection has taken the place of. */
  #part(former: Connection, settled: Promise<void>): void {
    this.#log.notice(
      `${former.url} ${former.leaving ? 'asks to go elsewhere' : 'is silent'}: ${this.#where}`,
    );
    if (!former.leaving) return former.close();
    this.#former.add(former);
    // Its leases end with it, so those that move must have arrived.
    unattended(
      settled.finally(() => former.finish()),
      this.#log,
    );
  }

  /** The connection counts as one that can be read. */
  #up(): void {
    this.#garbled = false;
    this.#connectionState.up(this.#where);
  }

  get #where(): string {
    return `connected to ${this.#current!.url}, namespace ${this.#settings.namespace}`;
  }

  /** Has something asked twice in a heartbeat, unless something was. */
  #beat(every: number): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (this.#current!.idle >= every / 2) this.#listener.idle();
    }, every).unref();
  }

  /** A connection has ended by itself: whether that is a failure depends on which one it was. */
  #closed(connection: Connection, reason: string): void {
    if (this.#former.delete(connection) || this.#ended) return;
    if (connection.age >= BEHAVED) this.#offences = 0;
    if (connection.garbled) {
      this.#garbled = true;
      this.#offences++;
    }
    if (connection === this.#next) {
      this.#next = undefined;
      this.#failed(connection.url, reason, false);
    } else if (connection === this.#current) {
      if (connection.age >= LASTING) this.#failures = 0;
      const surprising = !connection.silent && !connection.garbled && this.#failures === 0;
      this.#lose();
      this.#failed(connection.url, reason, surprising || connection.leaving);
    }
  }

  /** Lets go of the connection in use. */
  #lose(): void {
    this.#current = undefined;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#lasting);
    this.#listener.closed();
  }

  /**
   * An attempt failed, or the connection in use was lost. `surprising` is one that had worked until
   * now: the next attempt is made at once, and callers wait for it.
   */
  #failed(url: string, reason: string, surprising: boolean): void {
    this.#proven = true;
    if (!this.#current) {
      this.#connectionState.down(`no connection to ${url} (${reason})`);
      this.#putQueue.clear();
      if (surprising) this.#hope();
      // What is under way already decides.
      else if (!this.#next) this.#hopeful = false;
    }
    if (!this.#next) {
      this.#addresses.leave(url);
      const growing = Math.max(this.#addresses.rest(this.#failures++), this.#penalty);
      this.#connectAfter(jittered(surprising ? AT_ONCE : growing));
    }
    this.#changed.wake();
  }

  /** Milliseconds to leave a server alone for what it sent; none where there are others. */
  get #penalty(): number {
    const rounds = Math.floor(this.#offences / this.#addresses.count);
    return rounds < 2 ? 0 : Math.min(LAST_OFFENCE, FIRST_OFFENCE * 2 ** (rounds - 2));
  }

  /** The connection in use has fallen silent, or is heard again. */
  #fell(connection: Connection, state: 'silent' | 'alive'): void {
    if (state === 'silent') {
      this.#connectionState.down(`nothing heard from ${connection.url} for ${this.timeout} ms`);
      if (this.#addresses.several) this.#move(AT_ONCE);
    } else {
      this.#connectionState.up(`${connection.url} answers again`);
      if (!connection.leaving) this.#stay(connection);
    }
    this.#changed.wake();
  }

  /** Looks for no other server than the one it has. */
  #stay({ url }: Connection): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#next?.close();
    this.#next = undefined;
    this.#addresses.use(url);
  }

  /**
   * Sends puts that wait, as many as there is room for. Those on a connection that ends unanswered
   * wait again, or are given up where too many do.
   */
  #pump(): void {
    const connection = this.#current;
    if (!connection) return;
    this.#putQueue.pump(
      () => connection.unsent,
      (queued) => {
        const again = (): void => {
          if (!this.#putQueue.offer(queued, 0)) queued.done(false);
        };
        connection.tell(queued.load(), (answer) => queued.answered(answer), again);
        queued.done(true);
      },
    );
  }
}
