import type { Log } from './log.js';

/**
 * Lets `task` go on without anybody who waits for it. What it fails with is a fault of this
 * package: it is said, and ends no process.
 */
export function unattended(task: Promise<unknown>, log: Log): void {
  task.catch((error) => log.error(`something went wrong behind the requests: ${describe(error)}`));
}

/** What it failed with, with its stack where there is one. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
