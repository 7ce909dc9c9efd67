// Removes what was built, so that no output of a deleted source file stays behind.
import { rmSync } from 'node:fs';
import { commandLine } from '@larder/harness/command-line';

const { positionals } = commandLine('Usage: node scripts/clean.mjs dist|build', {
  name: 'clean',
  positionals: ['dist', 'build'],
});
for (const name of positionals) {
  rmSync(new URL(`../${name}`, import.meta.url), { recursive: true, force: true });
}
