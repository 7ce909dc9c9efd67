// Removes the directory named, so that no output of a deleted source file stays behind.
import { rmSync } from 'node:fs';

rmSync(new URL(`../${process.argv[2]}`, import.meta.url), { recursive: true, force: true });
