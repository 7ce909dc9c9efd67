import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
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
  readonly #address: URL;
  readonly #headers: Record<string, string>;
  readonly #agent: Agent;
  readonly #request: typeof request;

  constructor({ url, namespace, token }: Settings) {
    this.#address = new URL(`${url}/v1/${namespace}/batch`);
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const options = { keepAlive: true, timeout: IDLE, maxSockets: CONNECTIONS };
    const secure = this.#address.protocol === 'https:';
    this.#agent = secure ? new SecureAgent(options) : new Agent(options);
    this.#request = secure ? secureRequest : request;
  }

  /** Posts `body`. */
  post(body: Buffer): Exchange {
    let sent: ClientRequest;
    let aborted = false;
    let before = 0;
    const answer = new Promise<Buffer>((resolve, reject) => {
      const send = (again: boolean): void => {
        sent = this.#request(this.#address, {
          method: 'POST',
          headers: this.#headers,
          agent: this.#agent,
        });
        const broken = (error: Error): void => {
          if (!again || aborted || !sent.reusedSocket) return reject(error);
          this.#closeUnused();
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
    this.#agent.destroy();
  }

  #closeUnused(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
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
