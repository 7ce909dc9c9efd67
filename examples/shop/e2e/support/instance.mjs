import { fileURLToPath } from 'node:url';
import { NextApp } from '@larder/harness/next-app';
import { PriceForm } from './price-form.mjs';

/** The directory of the shop, which must be built. */
export const shop = fileURLToPath(new URL('../..', import.meta.url));

/** The directory of a smaller app, for what the shop has no use for. */
export const kiosk = fileURLToPath(new URL('../fixtures/kiosk', import.meta.url));

/** The directory of an app without Cache Components. */
export const gazette = fileURLToPath(new URL('../fixtures/gazette', import.meta.url));

/**
 * One instance of the shop as a process, and as its visitors see it.
 *
 * @typedef {import('@larder/harness/next-app').Answer} Answer
 * @typedef {{ instance: string, generatedBy: string, generatedAt: string, ms: number }} Read
 */
export class Instance extends NextApp {
  constructor(name, port, { directory = shop, ...how }) {
    super(name, port, { directory, ...how });
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
