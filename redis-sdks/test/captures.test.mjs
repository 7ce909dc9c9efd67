import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ask, over, startedServer } from './server.mjs';

/* What the SDKs sent to a Redis 7.0 behind a bridge, and were answered. The bodies of long scripts were not recorded: sdks.test.mjs runs those. */
const { scenarios } = JSON.parse(readFileSync(new URL('captures.json', import.meta.url), 'utf8'));

let server;
before(async () => {
  server = await startedServer();
});
after(() => server.stopAll());

for (const [name, exchanges] of Object.entries(scenarios)) {
  // The Redis of the captures has no module for it, and the embedded engine has.
  if (name === 'json' && over.store === 'embedded') continue;
  test(`what was captured of ${name} is answered the same`, async () => {
    for (const { path, body, status, response } of exchanges) {
      if (name === 'set-px-expire-real' && body[0][0] === 'get') await expired(body[0][1]);
      const answer = await ask(`${server.url}/redis/captures${path}`, {
        body,
        headers: { 'upstash-encoding': 'base64', 'upstash-sync-token': '' },
      });
      assert.deepEqual([answer.status, answer.body], [status, response], JSON.stringify(body));
    }
  });
}

async function expired(key) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { body } = await ask(`${server.url}/redis/captures`, { body: ['exists', key] });
    if (body.result === 0) return;
    assert.ok(Date.now() < deadline, `${key} did not expire`);
  }
}
