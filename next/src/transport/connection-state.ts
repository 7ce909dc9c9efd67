import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import type { LinkListener } from './transport.js';
import { VERSION } from '../runtime/version.js';
import { PROTOCOL_VERSION, type Frame } from '../wire/frame.js';

/** Milliseconds after which a server that was not reached any more is not expected back soon. */
const HOPEFUL = 5000;

/**
 * How the server was last known: reached or not, and since when. Each change is reported once. A change
 * is reported to the listener first, and then said in the log.
 */
export class ConnectionState {
  readonly #listener: LinkListener;
  readonly #log: Log;
  readonly #clock: Clock;
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  #since = 0;

  constructor(listener: LinkListener, log: Log, clock: Clock) {
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether it is long since the server was reached. */
  get hopeless(): boolean {
    return this.#state === 'down' && this.#clock() - this.#since > HOPEFUL;
  }

  /**
   * The server was reached.
   *
   * @param what a whole sentence for the log, without its full stop: which server was reached, and
   *   how
   */
  up(what: string): void {
    this.#turn('up', what, '');
  }

  /**
   * The server was not reached.
   *
   * @param what a whole sentence for the log, without its full stop: which server was not reached,
   *   and why
   */
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

/**
 * What the answer to a HELLO says when it is not the WELCOME of this version.
 *
 * @param answer undefined where there was none
 * @returns what is wrong and, where versions differ, which ones
 */
export function misfit(answer: Frame | undefined): string {
  if (answer?.operation === 'WELCOME') {
    return `${OURS}, and ${answer.server || 'the server'} version ${answer.version}`;
  }
  if (answer?.operation !== 'ERROR') return `unexpected ${answer?.operation ?? 'end'}`;
  const { code, message } = answer;
  return code === 'unsupported-version' ? `${OURS}; the server answered: ${message}` : message;
}

/**
 * What frames say that cannot be read, from `server` if it has named itself.
 *
 * @param fault what was found, as `MalformedFrame` says it
 */
export function garbled(fault: string, server: string | undefined): string {
  return `${OURS}, and cannot read what ${server || 'the server'} sends: ${fault}`;
}

/** Says of a certificate that nobody this process trusts has signed it. */
const UNTRUSTED =
  'the certificate of the server is signed by nobody this process trusts: LARDER_CA names a file with its authority';

/** What to look at when a connection cannot be secured, by the code of the error. */
const INSECURE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the server is for another name than LARDER_URL says',
  EPROTO: 'one side speaks TLS, the other does not: check http:// and https:// in LARDER_URL',
};

/** What an error of a connection says: its code, and the remedy where there is one. */
export function broken({ code, message }: NodeJS.ErrnoException): string {
  const remedy = code === undefined ? undefined : INSECURE[code];
  return remedy ? `${code}: ${remedy}` : (code ?? message);
}

/**
 * What the end of a connection says, by the code it was closed with: 1008 is what a server says when
 * the token is of no use any more.
 */
export function closing(code: number): string {
  return code === 1008 ? 'the token was revoked, or has changed: check LARDER_TOKEN' : 'closed';
}

/** What a proxy must do for a WebSocket to pass. */
const PASSED_ON =
  'what is in between must pass the headers Upgrade and Connection on (docs/guide/adopting.md), ' +
  'or LARDER_TRANSPORT=http needs none';

/**
 * What to look at, by the status of the answer. A status that is not listed has no remedy of its
 * own.
 */
const REMEDIES: Readonly<Record<number, string>> = {
  200: `this is not a Larder server, or the request to connect did not reach it: check LARDER_URL; ${PASSED_ON}`,
  400: 'check LARDER_NAMESPACE',
  401: 'check LARDER_TOKEN',
  403: 'check LARDER_TOKEN, and what a proxy in between allows',
  404: 'check LARDER_URL: this is not a Larder server',
  405: 'check LARDER_URL: this is not a Larder server',
  426: `the request to connect arrived as an ordinary one: ${PASSED_ON}`,
  500: 'see the log of the server',
  502: 'a proxy in between does not reach the server: check that it runs, and where the proxy looks for it',
  503: 'the server, or a proxy in between, is starting, stopping or overloaded; it is asked again',
  504: 'a proxy in between waits in vain for the server: check that it runs and answers',
};

/**
 * What an answer with another status than expected says about the settings. Of the address it sends
 * to only the origin is said: a path may hold what is nobody else's.
 *
 * @param location where it sends those who ask, if it does
 */
export function refusal(status: number, location?: string): string {
  const remedy = status >= 300 && status < 400 ? redirected(location) : REMEDIES[status];
  return `answered ${status}${remedy ? `: ${remedy}` : ''}`;
}

function redirected(location: string | undefined): string {
  const to = location && URL.canParse(location) ? new URL(location).origin : 'somewhere else';
  return `it sends us to ${to}, and LARDER_URL must name the server itself`;
}
