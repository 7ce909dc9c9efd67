/** The product number written in a path or a form, or `undefined` if it is none. */
export function parseProductId(text: unknown): number | undefined {
  return typeof text === 'string' && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

/** The shelf named in a path, or `undefined` if no shelf could have that name. */
export function parseSlug(text: string): string | undefined {
  return /^[a-z0-9-]{1,40}$/.test(text) ? text : undefined;
}
