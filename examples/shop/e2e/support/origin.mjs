import { fileURLToPath } from 'node:url';
import { Program } from '@larder/harness/program';

const main = fileURLToPath(new URL('../../origin/main.mjs', import.meta.url));

/** The shop's origin as a process, and what it was asked. */
export class Origin {
  #port;
  #args;
  #program;

  constructor(port, database, delay) {
    this.#port = port;
    this.#args = [main, '--port', `${port}`, '--db', database, '--delay-ms', `${delay}`];
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get transcript() {
    return this.#program?.transcript ?? 'origin was not started';
  }

  async start() {
    this.#program = new Program('origin', { command: process.execPath, args: this.#args });
    await this.#program.ready(`${this.url}/health`);
  }

  async stop() {
    await this.#program?.stop();
  }

  /** How often it was asked for `name`, such as `product:3`, since it started. */
  async asked(name) {
    return (await this.queries())[name] ?? 0;
  }

  /** How often it was asked for what, since it started. */
  async queries() {
    return (await this.#send('GET', '/stats')).queries;
  }

  /** Sets how long every query takes from now on. */
  async takes(milliseconds) {
    await this.#send('POST', '/delay', { ms: milliseconds });
  }

  /** Changes a price behind the shop's back. */
  async setPrice(id, price) {
    await this.#send('PUT', `/products/${id}/price`, { price });
  }

  /** Changes a stock level behind the shop's back. */
  async setStock(id, stock) {
    await this.#send('PUT', `/stock/${id}`, { stock });
  }

  async #send(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`the origin answered ${path} with ${answer.status}`);
    return answer.json();
  }
}
