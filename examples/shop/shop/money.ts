const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

/** Cents as people read them: `1250` is `€12.50`. */
export function formatPrice(cents: number): string {
  return euros.format(cents / 100);
}

/** Cents as a form field holds them: `1250` is `12.50`. */
export function priceInput(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** The cents in `12`, `12,50` or `€ 12.50`; `undefined` if it is no price from 0.01 to 9999.99. */
export function parsePrice(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const match = /^\s*€?\s*(\d{1,4})(?:[.,](\d{1,2}))?\s*€?\s*$/.exec(text);
  if (!match) return undefined;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return cents > 0 ? cents : undefined;
}
