import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** A proxy before several servers that asks one after the other, as a load balancer does. */
export class RoundRobin {
  #server;
  #targets;
  #next = 0;

  /** @param {() => string[]} targets the addresses of the servers, at the time of a request */
  constructor(targets) {
    this.#targets = targets;
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  /** Where it listens, once it was started. */
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Listens on a free port. */
  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Breaks what passes now, and listens no longer. */
  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Passes a request on to the server whose turn it is; 502 where that cannot be reached. */
  #pass(incoming, outgoing) {
    const targets = this.#targets();
    const target = new URL(incoming.url, targets[this.#next++ % targets.length]);
    const { method, headers } = incoming;
    const passed = request(target, { method, headers, agent: false });
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    passed.on('error', () =>
      outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end(),
    );
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  }
}
