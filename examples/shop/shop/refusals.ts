/** Why a price can be refused, and what the shopkeeper reads then. */
export const refusals = {
  product: 'There is no such product.',
  price: 'A price is between 0.01 and 9999.99 euros, like 12.50.',
  origin: 'The origin did not answer; the price is unchanged.',
};

/** One of the reasons for which a price is refused. */
export type Refusal = keyof typeof refusals;

/** The refusal named in an address, if there is one. */
export function parseRefusal(text: unknown): Refusal | undefined {
  return typeof text === 'string' && Object.hasOwn(refusals, text) ? (text as Refusal) : undefined;
}
