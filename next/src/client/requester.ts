import type { CircuitBreaker } from '../runtime/circuit-breaker.js';
import type { Log } from '../runtime/log.js';
import { unattended } from '../runtime/unattended.js';
import { LinkFailure, type Patience, type Transport } from '../transport/transport.js';
import type { Answer, Request } from '../wire/frame.js';
import { MOVED } from './lookup.js';

const UNCONNECTED = 'no connection';

/** How something is asked. */
export interface RequestOptions {
  readonly breaker: CircuitBreaker;
  /** Whether the server may keep the answer to itself for a while. */
  readonly held?: boolean;
  readonly patience: () => Patience;
}

/**
 * Asks the server what somebody waits for, with bounded patience: not while there is no hope of an
 * answer, and at most twice.
 */
export class Requester {
  readonly #transport: Transport;
  readonly #log: Log;

  constructor(transport: Transport, log: Log) {
    this.#transport = transport;
    this.#log = log;
  }

  /**
   * Calls `listener` once, with the answer to something that must be answered within the timeout, or
   * with why there is none. When the connection is lost in the middle of it, it is asked once more.
   */
  ask(
    request: Request,
    asked: RequestOptions,
    listener: (heard: Answer | string) => void,
    again = false,
  ): void {
    const { breaker, held = false, patience } = asked;
    if (!this.#transport.usable) {
      const turned = (ready: boolean): void =>
        ready ? this.ask(request, asked, listener, again) : listener(UNCONNECTED);
      return unattended(this.#transport.ready().then(turned), this.#log);
    }
    if (!breaker.allows()) return listener('the server is too slow');
    this.#send(request, patience(), (heard) => {
      if (!(heard instanceof Error)) {
        breaker.succeeded();
        return listener(heard);
      }
      const reason = heard instanceof LinkFailure ? heard.reason : undefined;
      if (reason === 'late') breaker.failed();
      if (reason === 'lost' && !again && !held) return this.ask(request, asked, listener, true);
      const moved = reason === 'moved' || (reason === 'lost' && held);
      listener(moved ? MOVED : heard.message);
    });
  }

  /** Sends a request; what cannot be sent is not answered either. */
  #send(request: Request, patience: Patience, listener: (heard: Answer | Error) => void): void {
    try {
      this.#transport.ask(request, patience, listener);
    } catch (error) {
      listener(error as Error);
    }
  }

  /** The patience with what must be answered within the timeout. */
  get inTime(): Patience {
    const { timeout } = this.#transport;
    return { turns: timeout, most: timeout * 5 };
  }
}
