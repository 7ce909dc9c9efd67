/**
 * Does to bytes what a reader may do with them: writes to them, and transfers them to another
 * thread. What a handler keeps must not be these bytes.
 *
 * @param {Uint8Array} bytes
 */
export function corrupt(bytes) {
  try {
    bytes.fill(0);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  } catch {
    // Memory of a pool of Node.js cannot be transferred, and what was transferred cannot be written to.
  }
}
