import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Lock } from '@upstash/lock';
import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import { startedServer, token } from './server.mjs';

const guide = readFileSync(new URL('../../docs/guide/redis-over-http.md', import.meta.url), 'utf8');

let server;
before(async () => (server = await startedServer()));
after(() => server.stopAll());

const patterns = [...guide.matchAll(/^### (.+)\n[^]*?```js\n([^]*?)```/gm)];

test('the guide has patterns', () => assert.ok(patterns.length >= 9));

for (const [, title, code] of patterns) {
  test(`the guide's code does what it says: ${title}`, async () => {
    const redis = new Redis({
      url: `${server.url}/redis/guide`,
      token,
      enableTelemetry: false,
      retry: false,
    });
    const checked = code.replace(
      /^(.+); \/\/ → (.*)$/gm,
      (line, expression, value) => `assert.deepEqual(${expression}, ${value});`,
    );
    const AsyncFunction = (async () => {}).constructor;
    await new AsyncFunction('assert', 'redis', 'Ratelimit', 'Lock', checked)(
      assert,
      redis,
      Ratelimit,
      Lock,
    );
  });
}
