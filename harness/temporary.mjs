import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// First of all its processes end, and only then the directories they use are removed.
import './program.mjs';

const made = [];

process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * An empty directory that is removed when this process ends. Not when it is killed by force.
 *
 * @returns {string} its path
 */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'larder-'));
  made.push(directory);
  return directory;
}
