import { once } from 'node:events';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** What must not outlive this process, not even when a test runner ends it. */
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(1));
}

/**
 * Has a process that was forked or spawned end with this one, whatever ends this one, as long as it
 * is not killed by force. What is not forked is better a `Program`, which is ended with all it started.
 *
 * @template {ChildProcess} C
 * @param {C} child
 * @returns {C} the same
 */
export function kept(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/**
 * Ends a process as a power cut would; done when it has ended.
 *
 * @param {ChildProcess | undefined} child undefined, or one that has ended, is done at once
 * @returns {Promise<void>}
 */
export async function killed(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
