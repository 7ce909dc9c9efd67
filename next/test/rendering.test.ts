import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./support/rendering.js', import.meta.url));

/** One, and both in the mixed run. */
const { LARDER_TEST_TRANSPORTS: transports = 'websocket' } = process.env;

for (const transport of transports.split(',')) {
  test(`a render sees nothing of Larder that makes it dynamic, over ${transport}`, async () => {
    const child = fork(program, [transport]);
    const [seen] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
    ])) as [string[]];
    assert.deepEqual(seen, []);
  });
}
