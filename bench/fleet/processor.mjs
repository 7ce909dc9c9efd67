import { readFileSync } from 'node:fs';

/** How Linux counts, whatever the machine. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of CPU that a process used, all its threads together; Linux only.
 *
 * @param {number} pid
 * @returns {number} to a hundredth
 * @throws {Error} when there is no such process
 */
export function processorSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / TICKS_PER_SECOND;
}
