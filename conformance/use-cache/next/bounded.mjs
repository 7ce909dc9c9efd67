/**
 * What `promise` settles with.
 *
 * @param {number} ms how long it may take
 * @param {string} otherwise the message it is rejected with when it takes longer
 */
export async function bounded(promise, ms, otherwise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
