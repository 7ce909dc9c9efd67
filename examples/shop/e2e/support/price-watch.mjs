import assert from 'node:assert/strict';

/**
 * Readers of one product whose price only ever rises, and who know which edits had succeeded when
 * they asked.
 */
export class PriceWatch {
  #id;
  #price;

  constructor({ id, price }) {
    this.#id = id;
    this.#price = price;
  }

  /** The newest price whose edit has succeeded. */
  get price() {
    return this.#price;
  }

  /** Takes note of an edit that has succeeded. */
  edited(price) {
    this.#price = price;
  }

  /**
   * Reads the JSON route of an instance; fails when the answer is older than what was known at the
   * start.
   */
  readRoute(instance) {
    return this.#read(instance, async () => (await instance.product(this.#id)).price);
  }

  /** Reads the page of an instance; fails like `readRoute`. */
  readPage(instance) {
    return this.#read(instance, () => instance.pagePrice(this.#id));
  }

  /** Visitors of both on each of `instances`, by name. */
  readers(instances) {
    const visits = instances.flatMap((instance) => [
      [`a reader of the route on ${instance.name}`, () => this.readRoute(instance)],
      [`a reader of the page on ${instance.name}`, () => this.readPage(instance)],
    ]);
    return Object.fromEntries(visits);
  }

  async #read(instance, read) {
    const known = this.#price;
    const price = await read();
    assert.ok(price >= known, `${instance.name} answered ${price} when ${known} was already true`);
    return price;
  }
}
