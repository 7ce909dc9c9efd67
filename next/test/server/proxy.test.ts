import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import { clientOf, look } from '../support/fixtures.js';
import { Nginx } from '../support/nginx.js';
import { RealServer } from '../support/real-server.js';

// The configuration of the guide, and what is said when it is another one, on a real nginx.

const GUIDE = new URL('../../../../docs/guide/adopting.md', import.meta.url);
const CONFIGURATION = /```nginx\n([^]*?)```/.exec(readFileSync(GUIDE, 'utf8'))![1]!;

const TRANSPORTS = ['websocket', 'http'] as const;
const ended: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ended) await end();
});

let server: RealServer;
before(async () => {
  server = await RealServer.start({
    after: (task: () => Promise<void>) => void ended.push(task),
  } as never);
});

/** The configuration of the guide, on a port, before a server. */
function ofGuide(port: number, target = new URL(server.url).host): string {
  return CONFIGURATION.replace('listen 80;', `listen 127.0.0.1:${port};`).replace(
    'server larder:7400;',
    `server ${target};`,
  );
}

for (const transport of TRANSPORTS) {
  test(`the configuration of the guide lets everything pass, over ${transport}`, async (t) => {
    const nginx = await Nginx.start(t, (port) => ofGuide(port));
    const { client, log } = clientOf(t, nginx.url, { transport, timeout: 10_000 });
    const key = keyOf(`large over ${transport}`);
    assert.equal((await look(client, key)).state, 'miss');
    const value = [Buffer.alloc(20 << 20, 'a large value ')];
    const life = { stale: 30, revalidate: 600, expire: 3600 };
    await client.take(key, Promise.resolve({ value, tags: ['t'], life, generatedAt: now() }));
    let found = await look(client, key);
    while (found.state === 'miss') found = await look(client, key);
    assert.deepEqual(Buffer.concat(found.entry.value), value[0]);
    await client.invalidate(['t'], 0);
    assert.equal((await look(client, key)).state, 'miss');
    assert.equal(log.notices.length, 1);
  });
}

test('one that does not pass the upgrade on is named, with the remedy, and the other way works', async (t) => {
  const nginx = await Nginx.start(t, (port) =>
    ofGuide(port).replace(/ *proxy_set_header (Upgrade|Connection).*\n/g, ''),
  );
  const { client, log } = clientOf(t, nginx.url, { timeout: 10_000 });
  await look(client, keyOf('k'));
  assert.match(await log.until('answered 426'), /Upgrade and Connection .*LARDER_TRANSPORT=http/);
  assert.equal(client.usable, false);
  const other = clientOf(t, nginx.url, { transport: 'http', timeout: 10_000 });
  const { lookup } = await other.client.lookup(keyOf('k'), [], {
    wait: 0,
    freshOnly: false,
    generation: 1000,
  });
  assert.ok(lookup.state !== 'miss' || lookup.answered);
});

const OTHERS: readonly [string, (port: number) => string, RegExp][] = [
  [
    'with no server behind it',
    (port) => ofGuide(port, '127.0.0.1:1'),
    /502: .*does not reach the server/,
  ],
  ['of another site', (port) => answering(port, "return 200 '<html>'"), /200.*LARDER_URL/],
  [
    'that sends to https',
    (port) => answering(port, 'return 301 https://larder.example$request_uri'),
    /301: it sends us to https:\/\/larder\.example, and LARDER_URL/,
  ],
  ['that is overloaded', (port) => answering(port, 'return 503'), /503: .*overloaded/],
  ['that refuses', (port) => answering(port, 'return 403'), /403: check LARDER_TOKEN/],
];

for (const [what, configured, said] of OTHERS) {
  for (const transport of TRANSPORTS) {
    test(`one ${what} is named, with the remedy, over ${transport}`, async (t) => {
      const nginx = await Nginx.start(t, configured);
      const { client, log } = clientOf(t, nginx.url, { transport, timeout: 10_000 });
      assert.equal((await look(client, keyOf('k'))).state, 'miss');
      const line = await log.until('no connection');
      assert.match(line, said);
      assert.match(line, /pages render without/);
    });
  }
}

function answering(port: number, answer: string): string {
  return `server { listen 127.0.0.1:${port}; location / { default_type text/html; ${answer}; } }`;
}
