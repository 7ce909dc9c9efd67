import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Addresses } from './addresses.js';
import type { Settings } from './settings.js';
import { refusal } from './standing.js';

/** Milliseconds for which an unused connection is kept: less than anything between is known to. */
const IDLE = 30_000;

/** Connections at a time; what exceeds them waits for one. */
const CONNECTIONS = 128;

const LARGEST_ANSWER = 256 << 20;

/** An answer whose status is not 200. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly status: number;

  constructor(status: number) {
    super(refusal(status));
    this.status = status;
  }
}

/** One request under way. */
export interface Exchange {
  /** The body of the answer; rejects when there is none, for whatever reason. */
  readonly answer: Promise<Buffer>;
  /** Bytes received so far. */
  received(): number;
  /** Ends it; the server learns of it. */
  abort(): void;
}

/*
 * Requests of `node:http`, not of the global `fetch`: that one is Next.js', which caches and traces
 * what it is asked.
 *
 * A connection that was not used for a while may have ended without a word, most of all while this
 * process was frozen. So a request whose connection breaks is made once more, if that connection had
 * served others before it: nothing asked here does harm when it is asked twice.
 */

/** Where batches are posted to. Its connections are kept, but keep no process alive. */
export class Postbox {
  readonly #addresses: Addresses;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly #plain: Agent;
  readonly #secure: SecureAgent;

  constructor({ namespace, token }: Settings, addresses: Addresses) {
    this.#addresses = addresses;
    this.#path = `/v1/${namespace}/batch`;
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const options = { keepAlive: true, timeout: IDLE, maxSockets: CONNECTIONS };
    this.#plain = new Agent(options);
    this.#secure = new SecureAgent(options);
  }

  /** Posts `body` to the address in use. */
  post(body: Buffer): Exchange {
    const address = new URL(this.#addresses.current + this.#path);
    const secure = address.protocol === 'https:';
    const agent = secure ? this.#secure : this.#plain;
    const begin = secure ? secureRequest : request;
    let sent: ClientRequest;
    let aborted = false;
    let before = 0;
    const answer = new Promise<Buffer>((resolve, reject) => {
      const send = (again: boolean): void => {
        sent = begin(address, { method: 'POST', headers: this.#headers, agent });
        const broken = (error: Error): void => {
          if (!again || aborted || !sent.reusedSocket) return reject(error);
          closeUnused(agent);
          send(false);
        };
        sent.on('socket', (socket) => {
          socket.unref();
          before = socket.bytesRead;
        });
        sent.on('error', broken);
        sent.on('response', (response) => {
          sent.off('error', broken).on('error', reject);
          read(response).then(resolve, reject);
        });
        sent.end(body);
      };
      send(true);
    });
    return {
      answer,
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

function closeUnused({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

async function read(response: IncomingMessage): Promise<Buffer> {
  if (response.statusCode !== 200) {
    response.resume().on('error', () => {});
    throw new Rejection(response.statusCode ?? 0);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`an answer of more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
