/** What a handler did that it should not have done. */
export class Finding extends Error {}

/** What cannot be tried with this handler. */
export class NotSupported extends Error {}

/** Finds that something did not hold; `observed` is a sentence that says what was seen instead. */
export function hold(condition, observed) {
  if (!condition) throw new Finding(typeof observed === 'function' ? observed() : observed);
}
