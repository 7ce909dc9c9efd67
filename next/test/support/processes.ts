import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What must not outlive this process, not even when the test runner ends it. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(1));

/** Has `child` end with this process, whatever ends this process. */
export function kept(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Whether `child` still runs. */
export function runs(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Ends `child` as a power cut would; done when it has ended. */
export async function killed(child: ChildProcess | undefined): Promise<void> {
  if (!runs(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
