import { readFileSync } from 'node:fs';

/** How Linux counts, whatever the machine. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process used, all its threads together; Linux only. */
export function processorSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / TICKS_PER_SECOND;
}
