import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Addresses } from './addresses.js';
import type { Settings } from '../runtime/settings.js';
import { refusal } from './connection-state.js';
import { sizeOf, slices } from '../wire/value.js';

/** Milliseconds for which an unused connection is kept: less than anything between is known to. */
const IDLE = 30_000;

/** Connections at a time; what exceeds them waits for one. */
const CONNECTIONS = 128;

/** Bytes of an answer above which it is not read to its end. */
const LARGEST_ANSWER = 256 << 20;

/**
 * An answer whose status is not 200. Its message says what about the settings may be wrong
 * (`refusal`).
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly status: number;

  constructor(status: number, location?: string) {
    super(refusal(status, location));
    this.status = status;
  }
}

/** The answer to a request, whose status was 200. */
export interface HttpAnswer {
  /** In the parts it came in. Together at most 256 MiB. */
  readonly body: readonly Buffer[];
  /** Whether the server is about to stop: it closes the connection it answered over. */
  readonly leaving: boolean;
}

/** One request under way. */
export interface HttpExchange {
  /**
   * Rejects when there is no answer, for whatever reason: with a `Rejection` for another status,
   * with what `node:http` says of a broken connection (which has a `code`), or with an `Error` for
   * a body that is none of ours or too large.
   */
  readonly answer: Promise<HttpAnswer>;
  /** The address it went to last. */
  url(): string;
  /**
   * Bytes received so far. Of the connection it uses now, from the moment that was given to it: a
   * sign of life.
   */
  received(): number;
  /**
   * Ends it; the server learns of it. `answer` rejects. Nothing happens when it has been answered.
   */
  abort(): void;
}

/*
 * Requests of `node:http`, not of the global `fetch`: that one is Next.js', which caches and traces
 * what it is asked.
 *
 * A connection that was not used for a while may have ended without a word, most of all while this
 * process was frozen. So a request whose connection breaks is made once more, if that connection had
 * served others before it: nothing asked here does harm when it is asked twice. For the same reason
 * a request that a server did not answer because it went away is made at the others.
 */

/**
 * Where batches are posted to. Its connections are kept, but keep no process alive. At most 128
 * connections to each address are open, and an unused one is closed after 30 s.
 */
export class HttpClient {
  readonly #addresses: Addresses;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly #plain: Agent;
  readonly #secure: SecureAgent;

  /**
   * @param addresses the servers; a failed one is left for the next, also for all who ask after
   *   that
   */
  constructor({ namespace, token, authority }: Settings, addresses: Addresses) {
    this.#addresses = addresses;
    this.#path = `/v1/${namespace}/batch`;
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const options = { keepAlive: true, timeout: IDLE, maxSockets: CONNECTIONS };
    this.#plain = new Agent(options);
    this.#secure = new SecureAgent({ ...options, ca: authority });
  }

  /**
   * Posts a body, which is not copied as a whole, to the address in use, and to the others while
   * they cannot be reached. The same body may be sent several times, so its pieces must not be
   * changed until `answer` is settled.
   */
  post(body: readonly Uint8Array[]): HttpExchange {
    const headers = { ...this.#headers, 'content-length': sizeOf(body) };
    let url: string;
    let sent: ClientRequest;
    let aborted = false;
    let before = 0;
    const answer = new Promise<HttpAnswer>((resolve, reject) => {
      const send = (again: boolean, others: number): void => {
        url = this.#addresses.current;
        const address = new URL(url + this.#path);
        const secure = address.protocol === 'https:';
        const agent = secure ? this.#secure : this.#plain;
        const begin = secure ? secureRequest : request;
        sent = begin(address, { method: 'POST', headers, agent });
        const broken = (error: NodeJS.ErrnoException): void => {
          if (aborted || error.code === undefined) return reject(error);
          if (again && sent.reusedSocket) {
            closeUnused(agent, address);
            return send(false, others);
          }
          if (others === 0) return reject(error);
          this.#addresses.leave(url);
          send(true, others - 1);
        };
        sent.on('socket', (socket) => {
          socket.unref();
          before = socket.bytesRead;
        });
        sent.on('error', broken);
        sent.on('response', (response) => {
          sent.off('error', broken).on('error', () => {});
          const leaving = response.headers.connection === 'close';
          if (leaving) this.#addresses.leave(url);
          read(response).then((body) => resolve({ body, leaving }), broken);
        });
        write(sent, body);
      };
      send(true, this.#addresses.count - 1);
    });
    return {
      answer,
      url: () => url,
      received: () => (sent.socket ? sent.socket.bytesRead - before : 0),
      abort: () => {
        aborted = true;
        sent.destroy();
      },
    };
  }

  /** Closes all connections. */
  end(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** Closes the connections to an address that nobody uses. */
function closeUnused(agent: Agent, { protocol, hostname, port }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  const of = `${host}:${port || (protocol === 'https:' ? 443 : 80)}:`;
  for (const [name, sockets] of Object.entries(agent.freeSockets)) {
    if (!name.startsWith(of)) continue;
    for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Sends a body, each part of it only when those before have left. */
function write(sent: ClientRequest, body: readonly Uint8Array[]): void {
  const left = slices(body);
  const goOn = (): void => {
    while (left.length > 1) if (!sent.write(left.shift())) return;
    const last = left.shift();
    if (last) sent.end(last);
  };
  sent.on('drain', goOn);
  goOn();
}

/** The parts of an answer's body. */
async function read(response: IncomingMessage): Promise<Buffer[]> {
  if (response.statusCode !== 200) {
    response.resume().on('error', () => {});
    throw new Rejection(response.statusCode ?? 0, response.headers.location);
  }
  const type = response.headers['content-type'] ?? '';
  if (type.startsWith('text/')) {
    response.resume().on('error', () => {});
    throw new Error(`answered 200 with ${type}: check LARDER_URL: this is not a Larder server`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`an answer of more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return chunks;
}
