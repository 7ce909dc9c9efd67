import { once } from 'node:events';
import { createServer, get } from 'node:http';

/**
 * Answers what this process is asked within a request over HTTP, as Next.js does: a handler may see
 * by the request when it is over.
 */
export class Loopback {
  #asked = new Map();
  #last = 0;
  #server;

  /** @param {(asked: object) => Promise<object>} answer */
  constructor(answer) {
    this.#server = createServer(async (request, response) => {
      const { asked, resolve, reject } = this.#asked.get(request.url);
      this.#asked.delete(request.url);
      await answer(asked).then(resolve, reject);
      response.end();
    });
  }

  /** Listens on a free port; that keeps no process alive. */
  async start() {
    this.#server.listen(0, '127.0.0.1').unref();
    await once(this.#server, 'listening');
  }

  /**
   * What is answered to `asked`. Each on a connection of its own.
   *
   * @param {import('../../fleet/instance.mjs').Asked} asked
   * @returns {Promise<object>} as `answer` answers it, within the request; rejects as it does
   */
  ask(asked) {
    const path = `/${++this.#last}`;
    const { port } = this.#server.address();
    return new Promise((resolve, reject) => {
      this.#asked.set(path, { asked, resolve, reject });
      get({ host: '127.0.0.1', port, path, agent: false }, (answer) => answer.resume()).on(
        'error',
        reject,
      );
    });
  }
}
