import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { freePort } from '@larder/harness/ports';
import { now } from '../../src/runtime/clock.js';
import { planOf } from '../../src/warm-up/plan.js';
import { visitAll } from '../../src/warm-up/visits.js';
import { settings } from '../support/fixtures.js';

/** A server that ends with the test; its address. */
async function listening(t: TestContext, listener: RequestListener, port = 0): Promise<string> {
  const server: Server = createServer(listener).listen(port, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A Larder that names these paths. */
const naming = (t: TestContext, reads: Record<string, number>): Promise<string> =>
  listening(t, (request, response) => {
    assert.equal(request.url, '/v1/test/paths?limit=200');
    const paths = Object.entries(reads).map(([path, times]) => ({ path, reads: times }));
    response.end(JSON.stringify({ paths }));
  });

test('an instance is asked for what all servers name together, the hottest first', async (t) => {
  const urls = await Promise.all([
    naming(t, { '/both': 60, '/one': 100 }),
    naming(t, { '//evil.example/': 1, '/both': 50, '/gone': 2 }),
  ]);
  const asked: [string, unknown, unknown][] = [];
  const url = await listening(t, (request, response) => {
    const { host, 'larder-warm-up': warms } = request.headers;
    asked.push([request.url!, host, warms]);
    response.writeHead(request.url === '/gone' ? 404 : 307, { location: '/elsewhere' }).end('page');
  });
  const said: number[] = [];
  const plan = planOf({ url, concurrency: 1, headers: { host: 'shop.example' } });
  const { seconds, ...outcome } = await visitAll(
    plan,
    { ...settings(''), urls },
    now,
    ({ warmed }) => said.push(warmed),
  );
  assert.deepEqual(outcome, { paths: 4, warmed: 3, failed: 1, left: 0, reason: '' });
  assert.deepEqual(asked, [
    ['/both', 'shop.example', '1'],
    ['/one', 'shop.example', '1'],
    ['/gone', 'shop.example', '1'],
    ['//evil.example/', 'shop.example', '1'],
  ]);
  assert.deepEqual(said, [1, 2, 2, 3]);
  assert.ok(seconds < 30);
});

test('so many are asked for at a time, and whatever does not answer ends with the bound', async (t) => {
  const larder = await naming(t, { '/1': 9, '/2': 8, '/3': 7 });
  let open = 0;
  const url = await listening(t, () => void open++);
  const plan = planOf({ url, concurrency: 2, within: 1 });
  const { seconds, ...outcome } = await visitAll(plan, settings(larder), now);
  assert.deepEqual(outcome, { paths: 3, warmed: 0, failed: 0, left: 3, reason: '' });
  assert.equal(open, 2);
  assert.ok(seconds >= 1);
});

test('an instance that does not listen yet is waited for', async (t) => {
  const larder = await naming(t, { '/': 9 });
  const port = await freePort();
  const ended = visitAll(planOf({ url: `http://localhost:${port}` }), settings(larder), now);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await listening(t, (_, response) => response.end(), port);
  assert.equal((await ended).warmed, 1);
});

test('without a server that answers there is nothing to wait for, and it says why', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const plan = planOf({ url: 'http://localhost:1' });
  const { reason, paths, seconds } = await visitAll(plan, settings(nobody), now);
  assert.match(reason, /^http:\/\/127\.0\.0\.1:\d+ was not asked: .*ECONNREFUSED/);
  assert.equal(paths, 0);
  assert.ok(seconds < 2);
  const unnamed = await visitAll(plan, { ...settings(nobody), urls: [] }, now);
  assert.notEqual(unnamed.reason, '');
});

test('a namespace nobody has used, and a server that counts no paths, name none', async (t) => {
  const larder = await listening(t, (_, response) => response.writeHead(404).end('{}'));
  const outcome = await visitAll(planOf({ url: 'http://localhost:1' }), settings(larder), now);
  assert.deepEqual([outcome.paths, outcome.reason], [0, '']);
});

test('what cannot be meant is refused by name', () => {
  const url = 'http://localhost:3000';
  assert.deepEqual(planOf({ url }), {
    url: new URL(url),
    headers: {},
    top: 200,
    concurrency: 4,
    within: 30,
  });
  for (const [options, expected] of [
    [{ url: 'localhost:3000' }, /"localhost:3000" is no address/],
    [{ url: 'http://u:secret@h/' }, /"http:\/\/…@h\/" is no address/],
    [{ url: 'http://h/shop' }, /without a path/],
    [{ url, top: 0 }, /top is 0; expected a whole number from 1 to 1000/],
    [{ url, concurrency: 65 }, /concurrency is 65; expected .* from 1 to 64/],
    [{ url, within: NaN }, /within is NaN; expected .* from 1 to 600/],
    [{ url, depth: 3 }, /'depth' is no option; expected url, top, concurrency, within or headers/],
    [{ url, headers: { 'a b': '' } }, /a b/],
    [{}, /"undefined" is no address/],
  ] as const) {
    assert.throws(() => planOf(options as { url: string }), expected);
  }
});
