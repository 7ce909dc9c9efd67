import assert from 'node:assert/strict';

/**
 * What is known of every price: each only ever rises, and whoever asks after an edit has succeeded must
 * not be shown what was before it.
 */
export class ShelfWatch {
  /** The newest price whose edit has succeeded, by product. */
  #known = new Map();
  /** The price that was edited last, whether or not that succeeded, by product. */
  #edited = new Map();
  /** How many prices were compared. */
  compared = 0;

  /** @param {{ id: number, price: number }[]} products as they are */
  constructor(products) {
    for (const { id, price } of products) this.#known.set(id, price);
    this.#edited = new Map(this.#known);
  }

  get ids() {
    return [...this.#known.keys()];
  }

  /** A higher price for a product than anybody gave it. */
  next(id) {
    const price = this.#edited.get(id) + 1;
    this.#edited.set(id, price);
    return price;
  }

  /** Takes note of an edit that has succeeded. */
  succeeded(id, price) {
    this.#known.set(id, Math.max(price, this.#known.get(id)));
  }

  /**
   * Has `read` answer with prices, by product; fails when one of them is older than what was known
   * when it was asked.
   */
  async read(who, read) {
    const known = new Map(this.#known);
    for (const [id, price] of await read()) {
      this.compared += 1;
      const least = known.get(id);
      assert.ok(price >= least, `${who} showed ${price} for product ${id} when ${least} was true`);
      assert.ok(
        price <= this.#edited.get(id),
        `${who} showed ${price} for product ${id}: too much`,
      );
    }
  }
}

/** The prices on the cards of a page, in cents, by product. */
export function pricesOf(html) {
  const cards = html.matchAll(/href="\/product\/(\d+)"(?:(?!href=)[^])*?card-price">([^<]*)</g);
  const prices = Array.from(cards, ([, id, price]) => [Number(id), centsOf(price)]);
  assert.ok(prices.length > 0, 'a page without prices');
  return prices;
}

function centsOf(price) {
  return Number(price.replaceAll(/[^0-9]/g, ''));
}
