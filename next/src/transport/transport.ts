import type { QueuedPut } from './put-queue.js';
import type { Settings } from '../runtime/settings.js';
import { NO_LEASE, type Answer, type AsOf, type Frame, type Request } from '../wire/frame.js';

/**
 * Milliseconds, at least, for the first answer of a process. A fleet and its server are often
 * started together, and a server that has just started is slow.
 */
const FIRST_PATIENCE = 1000;

/** Milliseconds an answer may take; `proven` once there was one, or none in that time. */
export function patienceOf({ timeout }: Settings, proven: boolean): number {
  return proven ? timeout : Math.max(FIRST_PATIENCE, timeout);
}

/**
 * Why a request has no answer. It does not say whether the server has done what it was asked: for
 * `lost`, `silent` and `late` it may have.
 */
export class LinkFailure extends Error {
  override readonly name = 'LinkFailure';
  /**
   * `away`: not connected; `lost`: the connection ended; `silent`, `late`: no answer in time;
   * `moved`: it waited at a server that is about to stop, and has to be asked at another.
   */
  readonly reason: 'away' | 'lost' | 'silent' | 'late' | 'moved';

  /** @param url of the server that was asked, for the message */
  constructor(reason: LinkFailure['reason'], url: string) {
    super(
      {
        away: `no connection to ${url}`,
        lost: `the connection to ${url} was lost`,
        silent: `nothing was heard from ${url}`,
        late: `${url} did not answer in time`,
        moved: `${url} stops`,
      }[reason],
    );
    this.reason = reason;
  }
}

/**
 * How long somebody waits for an answer. The two are counted apart, because the wall clock also
 * runs while this process does not: see `Liveness`.
 */
export interface Patience {
  /** Milliseconds in turns of the event loop; `Infinity` as long as the link shows life. */
  readonly turns: number;
  /** Milliseconds on the wall clock, whatever happens. */
  readonly most: number;
  /** Whether to wait on while the whole link is silent. */
  readonly steadfast?: boolean;
  /**
   * Takes the answer that arrives after the wait was given up. Never called when the connection
   * ends first.
   */
  readonly late?: (answer: Answer) => void;
  /**
   * Called when the wait is given up, while the link is still open.
   *
   * @param requestId of what is not waited for any more, to be cancelled
   */
  readonly gaveUp?: (requestId: number) => void;
}

/** Called once with what a request comes to: its answer, or why there is none. */
export type AnswerListener = (heard: Answer | LinkFailure) => void;

/** Called with what happens on a link. */
export interface LinkListener {
  /** The newest point of history known, for the handshake. */
  known(): AsOf;
  /**
   * A connection is open.
   *
   * @param known what was known when it was asked for
   * @returns a promise that is done when the one before is not needed any more
   */
  opened(welcome: Frame<'WELCOME'>, known: AsOf): Promise<void>;
  /** The connection ended; nothing asked over it will be answered. */
  closed(): void;
  /** The server pushed an invalidation. Over HTTP nothing is. */
  pushed(invalidation: Frame<'INVALIDATION'>): void;
  /** Nothing was sent for a while: something must be asked, or the server lets go. */
  idle(): void;
  /**
   * The server is reached, or not any more.
   *
   * @param reason a sentence for people: which server, and why
   */
  turned(state: 'up' | 'down', reason: string): void;
}

/**
 * The way to the server and back. There are three: a WebSocket, batches over HTTP, and none.
 *
 * No promise here rejects. Requests of one turn of the event loop travel together, in the order
 * they were made; answers come in any order.
 */
export interface Transport {
  /**
   * Whether a request sent now can expect an answer. No promise: the answer may still fail to come.
   */
  readonly usable: boolean;
  /**
   * Whether it is long since the server was reached. Then what must reach it is waited for less.
   */
  readonly hopeless: boolean;
  /** Milliseconds an answer may take. */
  readonly timeout: number;
  /**
   * Connects, where a connection is kept and none was asked for yet. Over HTTP there is nothing to
   * do.
   */
  greet(): void;
  /**
   * Whether a request can expect an answer now, or within the timeout. It waits for a connection
   * only at the first attempt of an outage.
   */
  ready(): Promise<boolean>;
  /**
   * Whether a request can be sent now, or within `most` milliseconds. Unlike `ready` it waits
   * through an outage, for who cannot do without.
   */
  open(most: number): Promise<boolean>;
  /**
   * Done when this process is on its way to no other server, or after `most` milliseconds. To be
   * awaited before asking again what failed with `moved`.
   */
  moved(most: number): Promise<void>;
  /**
   * Sends a request, and tells `listener` its answer, or that there is none within the patience:
   * later, or in this call where it cannot be sent.
   *
   * @throws RangeError when a field does not fit its type; nothing is sent, and nobody called, then
   */
  ask(request: Request, patience: Patience, listener: AnswerListener): void;
  /**
   * Sends a request whose answer matters to nobody, or only to `answered`. It is dropped without a
   * word where the server cannot be asked.
   *
   * @throws RangeError when a field does not fit its type; nothing is sent then
   */
  tell(request: Request, answered?: (answer: Answer) => void): void;
  /** Takes a put, to be sent when there is room; false when it would not fit in memory. */
  queuePut(queued: QueuedPut): boolean;
  /** Ends it for good. All who wait fail as `lost`; nothing can be asked afterwards. */
  end(): void;
}

/**
 * The answer to a request.
 *
 * @throws LinkFailure when there is none within the patience
 */
export function answerTo(request: Request, patience: Patience, link: Transport): Promise<Answer> {
  return new Promise((resolve, reject) =>
    link.ask(request, patience, (heard) =>
      heard instanceof LinkFailure ? reject(heard) : resolve(heard),
    ),
  );
}

/**
 * Whether a lookup that waited for somebody else's entry was sent away with nothing. That is how a
 * server that is about to stop ends such a wait; a wait that is merely over looks the same, so this
 * says nothing unless the server is leaving.
 */
export function isLetGo(request: Request, answer: Answer): boolean {
  return (
    request.operation === 'LOOKUP' &&
    request.waitBudget > 0 &&
    answer.operation === 'MISS' &&
    answer.lease === NO_LEASE
  );
}
