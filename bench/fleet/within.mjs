/**
 * Waits for `promise`, but not for ever.
 *
 * @template T
 * @param {string} what is waited for, as the end of "not within … ms: …"
 * @param {number} ms milliseconds after which it throws that
 * @param {Promise<T>} promise which goes on by itself if it is late
 * @returns {Promise<T>}
 */
export async function within(what, ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
