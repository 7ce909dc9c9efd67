import type { Clock } from './clock.js';
import type { Log } from './log.js';
import type { Listener } from './transport.js';
import { VERSION } from './version.js';
import { PROTOCOL_VERSION, type Frame } from './wire/frame.js';

/** Milliseconds after which a server that was not reached any more is not expected back soon. */
const HOPEFUL = 5000;

/** How the server was last known: reached or not, and since when. Each change is told once. */
export class Standing {
  readonly #listener: Listener;
  readonly #log: Log;
  readonly #clock: Clock;
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  #since = 0;

  constructor(listener: Listener, log: Log, clock: Clock) {
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether it is long since the server was reached. */
  get hopeless(): boolean {
    return this.#state === 'down' && this.#clock() - this.#since > HOPEFUL;
  }

  /** The server was reached. */
  up(what: string): void {
    this.#turn('up', what, '');
  }

  /** The server was not reached. */
  down(what: string): void {
    this.#turn('down', what, '; pages render without the shared cache until it is back');
  }

  #turn(state: 'up' | 'down', what: string, effect: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = this.#clock();
    this.#listener.turned(state, what);
    this.#log.notice(what + effect);
  }
}

const OURS = `@larder/next ${VERSION} speaks version ${PROTOCOL_VERSION} of the protocol`;

/** What the answer to a HELLO says when it is not the WELCOME of this version. */
export function misfit(answer: Frame | undefined): string {
  if (answer?.operation === 'WELCOME') {
    return `${OURS}, and ${answer.server || 'the server'} version ${answer.version}`;
  }
  if (answer?.operation !== 'ERROR') return `unexpected ${answer?.operation ?? 'end'}`;
  const { code, message } = answer;
  return code === 'unsupported-version' ? `${OURS}; the server answered: ${message}` : message;
}

/** What frames say that cannot be read, from `server` if it has named itself. */
export function garbled(fault: string, server: string | undefined): string {
  return `${OURS}, and cannot read what ${server || 'the server'} sends: ${fault}`;
}

/** What an answer with another status than expected says about the settings. */
export function refusal(status: number): string {
  const hint: Record<number, string> = {
    400: 'check LARDER_NAMESPACE',
    401: 'check LARDER_TOKEN',
    404: 'check LARDER_URL: this is not a Larder server',
  };
  return `answered ${status}${hint[status] ? `, ${hint[status]}` : ''}`;
}
