import { Addresses, jittered } from './addresses.js';
import { Batch, type PendingRequest } from './batch.js';
import { PutQueue, type QueuedPut } from './put-queue.js';
import type { Clock } from '../runtime/clock.js';
import { Countdown, type Over } from '../runtime/countdown.js';
import { detached } from '../runtime/detached.js';
import type { Log } from '../runtime/log.js';
import { HttpClient, Rejection, type HttpExchange, type HttpAnswer } from './http-client.js';
import type { Settings } from '../runtime/settings.js';
import { broken, garbled, misfit, ConnectionState } from './connection-state.js';
import {
  isLetGo,
  LinkFailure,
  patienceOf,
  type AnswerListener,
  type LinkListener,
  type Patience,
  type Transport,
} from './transport.js';
import { afterTurn, pause } from '../runtime/turn.js';
import { unattended } from '../runtime/unattended.js';
import { MalformedFrame, read } from '../wire/codec.js';
import {
  fitting,
  isSpoken,
  isTooNew,
  PROTOCOL_VERSION,
  type Answer,
  type Frame,
  type Request,
} from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { sizeOf } from '../wire/value.js';

/** Milliseconds after which a failure says nothing of the server any more. */
const FORGOTTEN = 10_000;

/** Milliseconds, at least, for which an answer is awaited that nobody waits for any more. */
const LINGER = 1500;

/**
 * Bytes a millisecond, at least, at which entries are expected to travel, and the most it takes.
 */
const SLOWEST = 1000;
const LONGEST = 60_000;

/** Requests the server may hold back, at a time. */
const HELD = 64;

/** Milliseconds in which a load balancer may have noticed that a server stops. */
const DRAIN_NOTICED = 200;

/** Milliseconds after which a server of an older version may have been replaced by a later one. */
const OLDER = 600_000;

/** Milliseconds after which the server is asked whether it is still there, while it holds some. */
const LIFE_SIGN = 1000;

/*
 * One request per turn of the event loop, and nothing in between: no connection that has to be
 * heard of, no heartbeat, no timer that is not about a request under way. It is for processes that
 * are frozen as soon as they have nothing to answer.
 *
 * The answers of a batch come together, so what the server may hold back travels alone: a LOOKUP
 * that waits, and an INVALIDATE, which waits for the disk.
 *
 * Half-way through the patience of whoever waits a PING goes out. A request that fails, or is not
 * answered in time while nothing else is heard either, is taken for the server's failure: for a
 * short while nothing is asked. The first reader after it sends a PING and does not wait for it. What
 * was not answered in time is not ended at once: an answer shows that the server is back, and may
 * bring a lease to give back. A failure long ago says nothing: who comes then asks, and waits.
 *
 * Nothing is pushed, so nothing is missed, and what is known here is as current as the last REFRESH.
 */

/**
 * The way to the server without a connection: batches over HTTP.
 *
 * Nothing is pushed to its `LinkListener`: `opened` is called when what the server says of itself has
 * changed, when it is back, and when history was lost; `idle` is never called.
 */
export class HttpTransport implements Transport {
  readonly #settings: Settings;
  readonly #addresses: Addresses;
  readonly #name: string;
  readonly #listener: LinkListener;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #connectionState: ConnectionState;
  readonly #httpClient: HttpClient;
  readonly #putQueue = new PutQueue();
  readonly #underWay = new Map<Batch, HttpExchange>();

  /** What leaves at the end of this turn. */
  #outbox: Batch | undefined;
  #bytesUnderWay = 0;
  /** Bytes received in exchanges that are over. */
  #bytesHeard = 0;
  #probing = false;
  /** How often in a row nothing came of asking. */
  #failures = 0;
  #failedAt = -Infinity;
  /** The moment until which nothing is asked. */
  #restUntil = -Infinity;
  #olderUntil = -Infinity;
  #older = PROTOCOL_VERSION;
  /** The servers whose last answer could not be read. */
  readonly #garbled = new Set<string>();
  /** Whether a server has answered once, or failed to. */
  #proven = false;
  #ended = false;
  /** What the server said of itself last. */
  #welcome: Frame<'WELCOME'> | undefined;

  constructor(settings: Settings, name: string, listener: LinkListener, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#addresses = new Addresses(settings.urls);
    this.#name = name;
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
    this.#connectionState = new ConnectionState(listener, log, clock);
    this.#httpClient = new HttpClient(settings, this.#addresses);
  }

  /** Whether the last answer came, or the failure since is so old that it says nothing any more. */
  get usable(): boolean {
    if (this.#ended) return false;
    return this.#failures === 0 || this.#clock() - this.#failedAt > FORGOTTEN;
  }

  get hopeless(): boolean {
    return this.#connectionState.hopeless;
  }

  get timeout(): number {
    return patienceOf(this.#settings, this.#proven);
  }

  /** Whether a request can expect an answer now. When not, it may be asked how things are. */
  greet(): void {}

  async ready(): Promise<boolean> {
    if (!this.usable) this.#probe();
    return this.usable;
  }

  async moved(most: number): Promise<void> {
    // The next request goes to another server; by the one name of several, in a while.
    if (!this.#addresses.several) await pause(Math.min(most, jittered(DRAIN_NOTICED)));
  }

  async open(most: number): Promise<boolean> {
    const deadline = this.#clock() + most;
    for (;;) {
      const moment = this.#clock();
      if (this.#ended || moment >= deadline) return false;
      if (!this.#resting) return true;
      await pause(Math.min(this.#restUntil, deadline) - moment);
    }
  }

  ask(request: Request, patience: Patience, listener: AnswerListener): void {
    const { turns, most, late } = patience;
    const fail = (reason: LinkFailure['reason']): void =>
      listener(new LinkFailure(reason, this.#addresses.current));
    const held = request.operation === 'LOOKUP' && request.waitBudget > 0;
    if (this.#ended || (held && this.#held().length >= HELD)) return fail('away');
    let waiting = true;
    const pending: PendingRequest = {
      answered: (answer, leaving) => {
        if (!waiting) late?.(answer);
        else if (leaving && isLetGo(request, answer)) fail('moved');
        else listener(answer);
      },
      lost: () => {
        if (waiting) fail('lost');
      },
      refused: () => {
        if (waiting) this.ask(request, patience, listener);
      },
      late: (reason) => {
        waiting = false;
        fail(reason);
      },
    };
    const wait = { turns, most };
    if (!held && request.operation !== 'INVALIDATE') return this.#add(request, pending, wait);
    const batch = this.#begin(held);
    batch.add(request, pending, wait);
    detached(() => this.#send(batch));
  }

  /**
   * Sends a request whose answer matters to nobody, or only to `answered`, unless it is in vain.
   */
  tell(request: Request, answered: (answer: Answer) => void = () => {}): void {
    // A lookup that is given up is cancelled by the end of its request.
    if (!this.usable || request.operation === 'CANCEL') return;
    if (!fitting(request, this.#version)) return;
    this.#add(request, { answered, lost: () => {} });
  }

  queuePut(queued: QueuedPut): boolean {
    const taken = this.#putQueue.offer(queued, this.#unanswered());
    if (taken) this.#pump();
    return taken;
  }

  end(): void {
    this.#ended = true;
    for (const exchange of this.#underWay.values()) exchange.abort();
    this.#outbox?.lost();
    this.#outbox = undefined;
    this.#httpClient.end();
    this.#listener.closed();
  }

  /** Whether the server is left alone for now. */
  get #resting(): boolean {
    return this.#clock() < this.#restUntil;
  }

  /** Asks for a sign of life, unless somebody has. */
  #probe(): void {
    if (this.#ended || this.#resting || this.#probing) return;
    this.#probing = true;
    const known = (): void => void (this.#probing = false);
    const wait = { turns: this.timeout, most: this.timeout * 5 };
    this.#add({ operation: 'PING' }, { answered: known, lost: known, late: known }, wait);
  }

  /** The version of the protocol to speak: an older one for a while, where a server refused a later one. */
  get #version(): number {
    return this.#clock() < this.#olderUntil ? this.#older : PROTOCOL_VERSION;
  }

  #begin(held = false): Batch {
    return new Batch(this.#name, this.#listener.known(), held, this.#version);
  }

  /** The exchanges whose answer the server may hold back. */
  #held(): readonly HttpExchange[] {
    return [...this.#underWay].flatMap(([{ held }, exchange]) => (held ? [exchange] : []));
  }

  /** Adds a request to what leaves at the end of this turn. */
  #add(request: Request, pending: PendingRequest, wait?: Pick<Patience, 'turns' | 'most'>): void {
    if (request.operation === 'PUT' && sizeOf(request.content.value) > LIMITS.message)
      this.#flush();
    if (!this.#outbox) {
      this.#outbox = this.#begin();
      queueMicrotask(() => process.nextTick(() => this.#flush()));
    }
    this.#outbox.add(request, pending, wait);
    if (this.#outbox.size > LIMITS.message) this.#flush();
  }

  /** Sends what was added in this turn. */
  #flush(): void {
    const batch = this.#outbox;
    this.#outbox = undefined;
    if (batch && batch.wanted > 0) detached(() => this.#send(batch));
  }

  /**
   * Sends a batch, and tells those who wait in it what comes of it: their answers, `late` when
   * their patience ends first, `lost` when there is none.
   */
  #send(batch: Batch): void {
    const { size, held } = batch;
    this.#bytesUnderWay += size;
    const exchange = this.#httpClient.post(batch.take());
    this.#underWay.set(batch, exchange);
    const carriage = Math.max(LINGER, this.timeout) + size / SLOWEST;
    const { turns, most } = batch.wait ?? { turns: carriage, most: LONGEST };
    const heardBefore = this.#heardUntilNow;
    const lifeSigns = held ? this.#lifeSigns() : afterTurn(turns / 2, () => this.#probe());
    let judged = false;
    const abort = (): void => {
      judged = true;
      exchange.abort();
    };
    let countdown = this.#countdown(turns, most, exchange, (over) => {
      this.#proven = true;
      const silent = over === 'silent' && this.#heardUntilNow === heardBefore;
      if (silent && !countdown.slept) {
        judged = true;
        const url = exchange.url();
        this.#failed(url, `nothing heard from ${url} for ${Math.round(turns)} ms`);
      }
      batch.late(silent ? 'silent' : 'late');
      if (held) return abort();
      const linger = Math.max(carriage, turns * 3);
      countdown = this.#countdown(linger, LONGEST, exchange, abort);
    });
    exchange.answer
      .then((answer) => this.#heard(batch, answer, exchange.url()))
      .catch((error) => {
        if (!judged && !countdown.slept) this.#broken(exchange.url(), error);
        batch.lost();
      })
      .finally(() => {
        countdown.stop();
        clearTimeout(lifeSigns);
        this.#bytesHeard += exchange.received();
        this.#underWay.delete(batch);
        this.#bytesUnderWay -= size;
        this.#pump();
      });
  }

  /** Bytes received from the server in the life of this process. */
  get #heardUntilNow(): number {
    let sum = this.#bytesHeard;
    for (const exchange of this.#underWay.values()) sum += exchange.received();
    return sum;
  }

  /** While the server holds something back, a PING a second: its failure is noticed by them. */
  #lifeSigns(): NodeJS.Timeout {
    return setInterval(() => this.#probe(), LIFE_SIGN).unref();
  }

  #countdown(
    turns: number,
    most: number,
    exchange: HttpExchange,
    over: (reason: Over) => void,
  ): Countdown {
    return new Countdown(turns, most, exchange.received, this.#clock, over);
  }

  /** Takes the answers of a batch; throws when they are none. */
  #heard(batch: Batch, { body, leaving }: HttpAnswer, url: string): void {
    const [welcome, ...answers] = read(body);
    if (isTooNew(welcome, batch.version)) {
      this.#older = Math.min(this.#version, batch.version - 1);
      this.#olderUntil = this.#clock() + OLDER;
      return batch.refused();
    }
    if (welcome?.operation !== 'WELCOME' || !isSpoken(welcome.version)) {
      throw new Error(misfit(welcome));
    }
    const legible = answers.some(({ operation }) => operation !== 'PONG');
    if (legible || !this.#garbled.has(url)) this.#welcomed(batch, welcome, url);
    for (const answer of answers) {
      if (answer.operation === 'ERROR' && answer.requestId === 0) {
        this.#log.error(`the server could not read a message: ${answer.message}`);
      }
      this.#hand(batch, answer as Answer, leaving);
    }
    batch.lost();
  }

  /** A fault of whoever is answered must not become one of the server. */
  #hand(batch: Batch, answer: Answer, leaving: boolean): void {
    try {
      batch.answered(answer, leaving);
    } catch (error) {
      this.#log.error(`an answer could not be dealt with: ${String(error)}`);
    }
  }

  /** The server has answered: it is up, and the listener is called if something has changed. */
  #welcomed({ known }: Batch, welcome: Frame<'WELCOME'>, url: string): void {
    const { current, lease, frameLimit } = welcome;
    const { namespace } = this.#settings;
    const before = this.#welcome;
    const lost =
      known.identity !== 0n &&
      (known.identity !== current.identity || known.revision > current.revision);
    const back = this.#failures > 0;
    const others = lease !== before?.lease || frameLimit !== before.frameLimit;
    this.#welcome = welcome;
    this.#proven = true;
    this.#garbled.delete(url);
    this.#failures = 0;
    this.#restUntil = -Infinity;
    if (lost || back || others) unattended(this.#listener.opened(welcome, known), this.#log);
    this.#connectionState.up(`connected to ${url}, namespace ${namespace}, over HTTP`);
  }

  /**
   * An exchange has failed. What only says that its body was too large is not the server's failure.
   */
  #broken(url: string, error: NodeJS.ErrnoException): void {
    if (this.#ended) return;
    if (error instanceof Rejection && error.status === 413) {
      return this.#log.error(`${url} takes no larger body; what was sent is not stored`);
    }
    const unread = error instanceof MalformedFrame;
    if (unread) this.#garbled.add(url);
    else this.#garbled.delete(url);
    const why = unread ? garbled(error.message, this.#welcome?.server) : error.message;
    this.#failed(url, `no connection to ${url} (${unread ? why : broken(error)})`);
  }

  /** Lets the server rest for a while, and everybody go without it. */
  #failed(url: string, why: string): void {
    this.#proven = true;
    if (this.#resting) return;
    const growing = this.#addresses.rest(this.#failures++);
    // A PING would not show that the rest can be read.
    const rest = this.#garbled.size === this.#addresses.count ? FORGOTTEN : growing;
    this.#failedAt = this.#clock();
    this.#restUntil = this.#failedAt + jittered(rest);
    this.#connectionState.down(why);
    this.#addresses.leave(url);
    this.#putQueue.clear();
    for (const exchange of this.#held()) exchange.abort();
  }

  /** Sends puts that wait, as many as there is room for. */
  #pump(): void {
    if (this.#ended || this.#resting) return;
    this.#putQueue.pump(
      () => this.#unanswered(),
      (queued) =>
        this.#add(queued.load(), {
          answered: (answer) => {
            queued.answered(answer);
            queued.done(true);
          },
          lost: () => queued.done(false),
        }),
    );
  }

  /** Bytes that were sent and not answered, or are about to be sent. */
  #unanswered(): number {
    return this.#bytesUnderWay + (this.#outbox?.size ?? 0);
  }
}
