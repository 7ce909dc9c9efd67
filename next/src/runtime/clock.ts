import { runInNewContext } from 'node:vm';

/** A source of the present moment, in milliseconds since the epoch, with fractions. */
export type Clock = () => number;

/** It never changes, and asking for it takes longer than asking for the time. */
const { timeOrigin } = performance;

/**
 * The clock Next.js stamps its entries with. It stands still while the machine is suspended; what
 * goes on is the time of a `Timekeeper`. Nothing of it travels to another machine.
 */
export const now: Clock = () => timeOrigin + performance.now();

/**
 * The wall clock, in milliseconds since the epoch. `Date` is not asked for it: Next.js replaces
 * that one by its own, which has every prerender that asks for the time end as dynamic. The `Date`
 * of another realm tells the same, costs no more, and is nobody's to replace.
 */
export const wall: Clock = runInNewContext('Date.now') as Clock;
