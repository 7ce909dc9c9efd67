/** Bytes of UTF-8 that the server keeps of a label. */
const MOST = 200;

/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const WIDEST = 3;

/** A label as it travels: no more of it than is kept. */
export function cut(label: string): string {
  if (label.length * WIDEST <= MOST) return label;
  const bytes = Buffer.from(label);
  if (bytes.length <= MOST) return label;
  // What is cut in the middle of a character would be shown as one that nobody wrote.
  return bytes.toString('utf8', 0, MOST).replace(/\ufffd+$/, '');
}

/** An address without what may be secret in it: neither query nor fragment, nor user. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}
