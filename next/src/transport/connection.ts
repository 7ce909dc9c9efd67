import WebSocket, { type ClientOptions } from 'ws';
import type { Clock } from '../runtime/clock.js';
import { Registry } from '../runtime/registry.js';
import { Liveness, type Waiting } from './liveness.js';
import type { Settings } from '../runtime/settings.js';
import { broken, closing, garbled, misfit, refusal } from './connection-state.js';
import { later } from '../runtime/turn.js';
import { Outbox } from './outbox.js';
import { isLetGo, LinkFailure, type AnswerListener, type Patience } from './transport.js';
import { MalformedFrame, read } from '../wire/codec.js';
import {
  fitting,
  isSpoken,
  isTooNew,
  PROTOCOL_VERSION,
  type Answer,
  type AsOf,
  type Frame,
  type Request,
} from '../wire/frame.js';

/**
 * Bytes of a message from the server above which the connection is closed. It is far beyond what a
 * server sends: it bounds what a broken one can make this process keep.
 */
const LARGEST_MESSAGE = 256 << 20;

/** Milliseconds after which a connection that is being left is closed, answered or not. */
const LONGEST_FAREWELL = 10_000;

/** Who wants the answer of a request, which comes at most once. */
interface Pending {
  answered(answer: Answer): void;
  lost(): void;
}

/** Whose connection it is; called with what happens on it. */
export interface Owner {
  /**
   * Milliseconds an answer may take. It is asked anew each time, as it is longer until the server
   * has answered once.
   */
  timeout(): number;
  /** A number no unanswered request has, on any of its connections. */
  nextId(): number;
  /**
   * The handshake is done.
   *
   * @param welcome of this version of the protocol; another version's ends the connection instead
   */
  opened(connection: Connection, welcome: Frame<'WELCOME'>): void;
  /**
   * The server pushed an invalidation. Pushes arrive in the order of their revisions; a gap is the
   * owner's to notice.
   */
  pushed(connection: Connection, invalidation: Frame<'INVALIDATION'>): void;
  /**
   * The server asks to go to another one. It still answers what it is asked; only lookups that wait
   * are sent away, if it is about to stop.
   */
  leaving(connection: Connection): void;
  /** A request was answered, or given up. */
  proven(): void;
  /** There may be room for more. Called when a message has left this process. */
  room(connection: Connection): void;
  /** The connection has been silent for too long, or has just been heard again. */
  fell(connection: Connection, state: 'silent' | 'alive'): void;
  /**
   * It ended, for this reason; nothing asked over it will be answered. Called once, and not when
   * the owner closed it itself. The requests that have no answer fail a microtask later.
   */
  closed(connection: Connection, reason: string): void;
  /**
   * Something is to be put right: what the server could not read, or this process not deal with.
   *
   * @param text for the log, as it is
   */
  complained(text: string): void;
}

/** What a connection is opened with. */
export interface Call {
  /**
   * Of the server, without a trailing slash: `http:` or `https:`, for which `ws:` or `wss:` is
   * asked.
   */
  readonly url: string;
  /** What this process calls itself. */
  readonly name: string;
  /** The newest point of history known. */
  readonly known: AsOf;
  /** Milliseconds the handshake may take. */
  readonly handshake: number;
}

/*
 * A connection goes one way: it is connecting until the WELCOME, then open, then closed. What else is
 * true of it is so beside that:
 *
 * leaving: the server has asked to go to another one, since it is about to stop or carries too much.
 * It still answers; if it stops, a lookup that waits there comes back with nothing, which fails as
 * `moved`.
 *
 * finishing: its owner asks elsewhere by now. The last answer closes it, or ten seconds.
 *
 * silent: nothing was heard for the timeout, as `Liveness` counts it. One byte ends that. A connection
 * that ends silent stays so: nobody is to be surprised by its end.
 *
 * garbled: it has received what cannot be read. That closes it, and its owner must not call again as if
 * nothing had been.
 *
 * A request ends once: with its answer, with the patience of its asker (its answer is then for `late`,
 * if it still comes), or with the connection. A put, or what else nobody waits for, has no patience.
 */

/**
 * One WebSocket to a server, from the attempt to its end.
 *
 * It is not opened again: whoever owns it makes another one. It keeps no process alive.
 */
export class Connection {
  readonly url: string;
  /** What was known when it was asked for. */
  readonly known: AsOf;
  readonly #owner: Owner;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #socket: WebSocket;
  readonly #outbox: Outbox;
  readonly #liveness: Liveness;
  readonly #pending = new Registry<number, Pending>();
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  /** The version of the protocol that is spoken, or tried. */
  #version = PROTOCOL_VERSION;
  #received: () => number = () => 0;
  #server: string | undefined;
  #garbled = false;
  #leaving = false;
  #finishing = false;
  #endedSilent = false;
  #openedAt = Infinity;
  #sentAt = 0;

  /**
   * Begins to connect. The owner is called with what comes of it, never before this has returned.
   *
   * @throws SyntaxError when the address is none
   */
  constructor(
    { url, name, known, handshake }: Call,
    settings: Settings,
    owner: Owner,
    clock: Clock,
  ) {
    this.url = url;
    this.known = known;
    this.#owner = owner;
    this.#clock = clock;
    this.#liveness = new Liveness(
      owner.timeout,
      {
        received: () => this.#received(),
        unsent: () => this.unsent,
        probe: () => this.tell({ operation: 'PING' }),
        fell: (state) => owner.fell(this, state),
        die: () => this.#socket.terminate(),
      },
      clock,
    );
    const { namespace, token, authority } = settings;
    const options: ClientOptions = {
      perMessageDeflate: false,
      ca: authority,
      handshakeTimeout: handshake,
      maxPayload: LARGEST_MESSAGE,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      finishRequest(request) {
        request.on('socket', (socket) => socket.unref());
        request.end();
      },
    };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/${namespace}/connect`, options);
    // A message in fragments is not joined, only put together where its frame has to be read.
    socket.binaryType = 'fragments';
    this.#socket = socket;
    this.#outbox = new Outbox(
      socket,
      () => owner.room(this),
      () => this.open,
    );
    let reason: string | undefined;
    const abandon = (why: string): void => {
      reason ??= why;
      socket.terminate();
    };
    const deadline = later(handshake, () => abandon('no handshake in time'));
    socket.on('upgrade', (response) => {
      const raw = response.socket.unref();
      this.#received = () => raw.bytesRead;
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      abandon(refusal(response.statusCode ?? 0, response.headers.location));
    });
    this.#name = name;
    socket.on('open', () => this.#greet());
    socket.on('message', (message, binary) => {
      if (this.#state === 'closed' || reason !== undefined) return;
      const unread = this.#hear(message as Buffer[], binary, deadline);
      if (unread !== undefined) abandon(unread);
    });
    socket.on('error', (error) => (reason ??= broken(error)));
    socket.on('close', (code) => {
      clearTimeout(deadline);
      if (this.#state === 'closed') return;
      this.#end();
      owner.closed(this, reason ?? closing(code));
    });
  }

  /** Whether the handshake is done, and it has not ended. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** Whether it has been silent for longer than the timeout, or was so to its end. */
  get silent(): boolean {
    return this.#endedSilent || this.#liveness.silent;
  }

  /** Whether the server has said that it is about to stop. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Whether it ended because what the server sent could not be read. */
  get garbled(): boolean {
    return this.#garbled;
  }

  /** Milliseconds since the handshake; negative before. */
  get age(): number {
    return this.#clock() - this.#openedAt;
  }

  /** Milliseconds since something was sent. */
  get idle(): number {
    return this.#clock() - this.#sentAt;
  }

  /** Bytes that have not left this process. */
  get unsent(): number {
    return this.#outbox.unsent;
  }

  /** Whether the request of this id was sent here, and not answered. */
  has(requestId: number): boolean {
    return this.#pending.has(requestId);
  }

  /**
   * Sends a request, and tells `listener` its answer, or that there is none within the patience, or
   * `moved` when the server lets go of a lookup that waits because it is about to stop.
   *
   * @throws RangeError when a field does not fit its type; nothing is sent then
   */
  ask(
    request: Request,
    { turns, most, steadfast = false, ...giving }: Patience,
    listener: AnswerListener,
  ): void {
    const requestId = this.#owner.nextId();
    const fail = (reason: LinkFailure['reason']): void =>
      listener(new LinkFailure(reason, this.url));
    const asked: Pending & Waiting = {
      patience: turns,
      deadline: this.#clock() + most,
      steadfast,
      answered: (answer) => {
        if (this.#leaving && isLetGo(request, answer)) fail('moved');
        else listener(answer);
        // Only now, so that somebody whose answer could not be dealt with is not forgotten.
        this.#liveness.leave(requestId);
      },
      lost: () => fail('lost'),
      giveUp: (reason) => {
        this.#owner.proven();
        this.#pending.add(requestId, {
          answered: (answer) => giving.late?.(answer),
          lost: () => {},
        });
        giving.gaveUp?.(requestId);
        fail(reason);
      },
    };
    this.#post(request, requestId);
    this.#pending.add(requestId, asked);
    this.#liveness.watch(requestId, asked);
  }

  /**
   * Sends a request whose answer, or whose loss, matters to nobody else; not when closed. Nothing
   * is waited for, so no silence ends it: `answered` may be called late, or never.
   *
   * @param lost called when the connection ends before the answer came
   * @throws RangeError when a field does not fit its type; nothing is sent then
   */
  tell(
    request: Request,
    answered: (answer: Answer) => void = () => {},
    lost: () => void = () => {},
  ): void {
    if (this.#state !== 'open' || !fitting(request, this.#version)) return;
    const requestId = this.#owner.nextId();
    if (request.operation !== 'CANCEL') this.#pending.add(requestId, { answered, lost });
    this.#post(request, requestId);
  }

  /**
   * Closes it once everything asked was answered. It is given up after 10 s. No more should be
   * asked over it.
   */
  finish(): void {
    this.#finishing = true;
    later(LONGEST_FAREWELL, () => this.close());
    this.#closeIfFinished();
  }

  /** Closes it at once: requests without an answer fail. Its owner is not called. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#end();
    this.#socket.terminate();
  }

  #closeIfFinished(): void {
    if (this.#finishing && this.#pending.size === 0) this.close();
  }

  /** Ends it here: nothing is sent any more, and all who wait fail in a microtask. */
  #end(): void {
    this.#state = 'closed';
    this.#endedSilent = this.#liveness.silent;
    this.#liveness.stop();
    this.#outbox.clear();
    const pending = this.#pending.takeAll();
    // Whoever asks again must find its owner without this connection.
    queueMicrotask(() => pending.forEach(({ lost }) => lost()));
  }

  /** Sends the HELLO, the one frame before the answer to which nothing else may be sent. */
  #greet(): void {
    this.#outbox.greet({
      operation: 'HELLO',
      requestId: this.#owner.nextId(),
      version: this.#version,
      client: this.#name,
      known: this.known,
    });
  }

  /** Takes one message; returns what is wrong with it, if anything. */
  #hear(
    message: readonly Buffer[],
    binary: boolean,
    handshake: NodeJS.Timeout,
  ): string | undefined {
    this.#liveness.heard();
    if (!binary) {
      this.#garbled = true;
      return garbled('a text message', this.#server);
    }
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
    } finally {
      this.#closeIfFinished();
    }
  }

  /** Takes one frame; returns why the connection cannot go on, if that is so. */
  #take(frame: Frame, handshake: NodeJS.Timeout): string | undefined {
    if (frame.operation === 'INVALIDATION') {
      this.#owner.pushed(this, frame);
      return undefined;
    }
    if (this.#state === 'connecting') {
      if (isTooNew(frame, this.#version)) {
        this.#version--;
        this.#greet();
        return undefined;
      }
      if (frame.operation !== 'WELCOME' || !isSpoken(frame.version)) return misfit(frame);
      this.#version = frame.version;
      clearTimeout(handshake);
      this.#state = 'open';
      this.#openedAt = this.#clock();
      this.#server = frame.server;
      this.#owner.opened(this, frame);
      return undefined;
    }
    if (frame.operation === 'LEAVING') {
      this.#leaving = true;
      this.#owner.leaving(this);
      return undefined;
    }
    if (frame.operation === 'ERROR' && frame.requestId === 0) {
      this.#owner.complained(`the server could not read a message: ${frame.message}`);
      return undefined;
    }
    if (frame.operation !== 'PONG') this.#owner.proven();
    const pending = this.#pending.take(frame.requestId);
    if (pending) this.#hand(pending, frame as Answer);
    return undefined;
  }

  /** A fault of whoever is answered must not become one of the connection's, or of the process'. */
  #hand(pending: Pending, answer: Answer): void {
    try {
      pending.answered(answer);
    } catch (error) {
      this.#owner.complained(`an answer could not be dealt with: ${String(error)}`);
    }
  }

  /** Has a request sent with those of this turn. */
  #post(request: Request, requestId: number): void {
    this.#outbox.post(fitting(request, this.#version)!, requestId);
    this.#sentAt = this.#clock();
  }
}
