/**
 * What became of reading something from the catalogue. Pages show all three outcomes themselves:
 * an error or notFound() thrown after the response began can only be shown by JavaScript.
 */
export type Reading<T> =
  { outcome: 'found'; value: T } | { outcome: 'absent' } | { outcome: 'unreachable' };

/** Waits for a read; nothing there is `absent`, a failure is `unreachable`. */
export async function reading<T>(read: Promise<T | undefined>): Promise<Reading<T>> {
  try {
    const value = await read;
    return value === undefined ? { outcome: 'absent' } : { outcome: 'found', value };
  } catch {
    return { outcome: 'unreachable' };
  }
}
