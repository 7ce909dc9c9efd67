import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PriceForm } from './price-form.mjs';
import { Program } from './program.mjs';
import { until } from './until.mjs';

const host = '127.0.0.1';

/** The directory of the shop, which must be built. */
export const shop = fileURLToPath(new URL('../..', import.meta.url));

/** The directory of a smaller app, for what the shop has no use for. */
export const kiosk = fileURLToPath(new URL('../fixtures/kiosk', import.meta.url));

/** The directory of an app without Cache Components. */
export const gazette = fileURLToPath(new URL('../fixtures/gazette', import.meta.url));

/**
 * One instance of the shop as a process, and as its visitors see it.
 *
 * @typedef {{ status: number, headers: Headers, text: string, ms: number }} Answer
 * @typedef {{ instance: string, generatedBy: string, generatedAt: string, ms: number }} Read
 */
export class Instance {
  name;
  #port;
  #how;
  #program;
  /** Milliseconds for an answer; under development, what is asked for is compiled first. */
  #patience;

  /**
   * `server` is the server of a standalone build, or one of the app's own; without it, `next start`
   * or another `command` of Next.js runs in `directory`.
   */
  constructor(name, port, { env, directory = shop, server, command = 'start' }) {
    this.name = name;
    this.#port = port;
    this.#patience = command === 'dev' ? 120_000 : 30_000;
    const next = [join(directory, 'node_modules/next/dist/bin/next'), command];
    this.#how = {
      command: process.execPath,
      args: server ? [server] : [...next, '-H', host, '-p', `${port}`],
      cwd: directory,
      env: {
        ...env,
        INSTANCE: name,
        NEXT_TELEMETRY_DISABLED: '1',
        ...(server && { HOSTNAME: host, PORT: `${port}`, NODE_ENV: 'production' }),
      },
    };
  }

  get url() {
    return `http://${host}:${this.#port}`;
  }

  get transcript() {
    return this.#program?.transcript ?? `${this.name} was not started`;
  }

  /** Starts the process, and asks it nothing. */
  launch() {
    this.#program = new Program(`shop ${this.name}`, this.#how);
  }

  /** Waits until it has printed a line that contains `text`. */
  async says(text) {
    const said = () => this.#program.lines.some((line) => line.includes(text));
    try {
      await until(`${this.name} says '${text}'`, said, { within: this.#patience });
    } catch (error) {
      throw new Error(`${error.message}\n${this.transcript}`);
    }
  }

  async start() {
    this.launch();
    await this.#program.ready(`${this.url}/api/health`, 2 * this.#patience);
  }

  /** Stops the process in its tracks, as a platform does that has no request for it. */
  freeze() {
    this.#program.signal('SIGSTOP');
  }

  /** Lets a frozen process go on. */
  thaw() {
    this.#program.signal('SIGCONT');
  }

  async kill() {
    await this.#program?.kill();
  }

  async stop() {
    await this.#program?.stop();
  }

  /** @returns {Promise<Answer>} whatever `path` answers, and how long the whole answer took */
  async ask(path, init = {}) {
    const began = performance.now();
    const answer = await fetch(this.url + path, {
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#patience),
      ...init,
    });
    const text = await answer.text();
    const { status, headers } = answer;
    return { status, headers, text, ms: performance.now() - began };
  }

  /** @returns {Promise<Read & { price: number }>} a product over the JSON route */
  product(id) {
    return this.#read(`/api/product/${id}`);
  }

  /** @returns {Promise<Read & { stock: number }>} a stock level over the JSON route */
  stock(id) {
    return this.#read(`/api/stock/${id}`);
  }

  /** The price the page of a product shows, in cents. */
  async pagePrice(id) {
    return priceOn(await this.page(`/product/${id}`));
  }

  /** A page that must be there, as HTML. */
  async page(path) {
    const { status, text } = await this.ask(path);
    if (status !== 200) throw new Error(`${this.name} answered ${path} with ${status}`);
    return text;
  }

  /** The form that changes the price of a product, as its page holds it. */
  async priceForm(id) {
    const path = `/product/${id}`;
    return new PriceForm(await this.page(path), (init) =>
      this.ask(path, { method: 'POST', ...init }),
    );
  }

  /** Tells the shop that a tag changed. It may answer before that is true. */
  webhook(body) {
    return this.#send('/api/webhook', body);
  }

  /** Tells the shop that a path changed. It may answer before that is true. */
  revalidatePath(path, type) {
    return this.#send('/api/revalidate-path', { path, type });
  }

  async #read(path) {
    const { status, text, ms } = await this.ask(path);
    if (status !== 200) throw new Error(`${this.name} answered ${path} with ${status}: ${text}`);
    return { ...JSON.parse(text), ms };
  }

  async #send(path, body) {
    const { status, text } = await this.ask(path, { method: 'POST', body: JSON.stringify(body) });
    if (status !== 200) throw new Error(`${this.name} answered ${path} with ${status}: ${text}`);
  }
}

/** When the cached blocks of a page were generated, by the names the page gives them. */
export function blocksOf(html) {
  const notes = html.matchAll(/"note-block">([^<]*)<[^]*?dateTime="([^"]*)"/g);
  return Object.fromEntries(Array.from(notes, ([, block, generatedAt]) => [block, generatedAt]));
}

/** The generations that answers come from. */
export function generations(answers) {
  return new Set(answers.map(({ generatedBy, generatedAt }) => `${generatedAt} by ${generatedBy}`));
}

/** The price on the page of a product, in cents. */
export function priceOn(html) {
  const price = /data-price="(\d+)"/.exec(html)?.[1];
  if (!price) throw new Error('the page shows no price');
  return Number(price);
}
