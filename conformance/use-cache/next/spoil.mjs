/** Does to bytes what whoever they were given to may do: writes to them, and gives them away. */
export function spoil(bytes) {
  try {
    bytes.fill(0);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  } catch {
    // Memory of a pool of Node.js cannot be given away, and what is gone cannot be written to.
  }
}
