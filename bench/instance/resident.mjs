/** Objects of about 130 bytes each. */
const OBJECTS = 250_000;

/**
 * What a process of Next.js keeps beside any cache: modules, routes, compiled code. V8 collects all memory
 * the more often the less there is to keep, and in a process of 10 MB, buffers that come and go make
 * it do so ten times a second. With this there are 44 MB to keep; `next start` of the shop keeps
 * 42 to 65 after a few hundred requests (`--trace-gc`).
 */
export function residents() {
  return Array.from({ length: OBJECTS }, (_, number) => ({
    number,
    name: `resident ${number}`,
    neighbours: [number - 1, number + 1],
  }));
}
