import { detached } from './detached.js';

/**
 * Runs `task` after `milliseconds`, outside any request and without keeping the process alive.
 *
 * @returns the timer, to be cleared where the task is not wanted any more
 */
export function later(milliseconds: number, task: () => void): NodeJS.Timeout {
  return detached(() => setTimeout(task, milliseconds).unref());
}

/** Done after `milliseconds`. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void later(milliseconds, resolve));
}

/**
 * Runs `task` after `milliseconds` and one poll for input, outside any request and without keeping
 * the process alive. What had arrived when the time was up has been read when `task` runs, however
 * long this event loop was blocked.
 *
 * @returns the timer; clearing it does not stop a task that is only waiting for the poll
 */
export function afterTurn(milliseconds: number, task: () => void): NodeJS.Timeout {
  return detached(() => setTimeout(() => setImmediate(task), milliseconds).unref());
}
