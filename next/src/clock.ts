/** A source of the present moment, in milliseconds since the epoch, with fractions. */
export type Clock = () => number;

/**
 * The clock Next.js stamps its entries with. Moments of it are compared with entry timestamps only
 * inside this process; nothing of it travels to another machine.
 */
export const now: Clock = () => performance.timeOrigin + performance.now();
