import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../src/runtime/settings.js';
import type { Report } from '../support/large-values.js';
import { kept } from '@larder/harness/children';
import { RealServer } from '../support/real-server.js';

const MIB = 1 << 20;
const SIZE = 16 * MIB;

/** What a process may hold beside one value while it stores or reads it: half of another one. */
const BESIDE = 8 * MIB;

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** What storing and reading values takes a process of its own. */
async function measured(url: string, transport: Settings['transport']): Promise<Report> {
  const program = fileURLToPath(new URL('../support/large-values.js', import.meta.url));
  const child = kept(
    spawn(process.execPath, ['--expose-gc', program, url, transport, '2', String(SIZE)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let said = '';
  for await (const text of child.stdout!) said += String(text);
  return JSON.parse(said) as Report;
}

for (const transport of ['websocket', 'http'] as const) {
  test(`a process holds a large value once while it stores or reads it over ${transport}`, async (t) => {
    const { stored, read } = await measured(server.url, transport);
    t.diagnostic(`stored: ${stored / MIB} MiB, read: ${read / MIB} MiB`);
    assert.ok(stored >= SIZE && stored < SIZE + BESIDE, `${stored} bytes to store ${SIZE}`);
    assert.ok(read < SIZE + BESIDE, `${read} bytes to read ${SIZE}`);
  });
}
