import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '@larder/harness/until';
import { REPORT_EVERY } from '../../src/client/reporter.js';
import { keyOf } from '../../src/entry/key.js';
import { now } from '../../src/runtime/clock.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { Answering } from '../support/answering.js';
import { handlerOf, nextEntry } from '../support/fixtures.js';
import { PATIENT } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';
import { zipf } from '../support/zipf.js';

/** Paths that are read, and how often the first of them is. */
const PATHS = 2500;
const MOST = 500;

/** Of these the order is the true one. */
const TOP = 20;

const server = new RealServer();
before(() => server.serve());
after(() => server.end());

/** A process whose every page reads one entry, which is in its near cache. */
async function reader(
  t: TestContext,
  key: string,
): Promise<{
  read: (path: string) => Promise<void>;
  report: () => Promise<void>;
}> {
  let ahead = 0;
  const clock = (): number => now() + ahead;
  let exchange: Answering['exchange'] | undefined;
  const { handler, client } = handlerOf(t, server.url, {
    ...PATIENT,
    transport: 'http',
    staleness: 60_000,
    time: new Timekeeper(clock, clock),
    exchange: () => exchange,
  });
  assert.equal(await handler.get(key, []), undefined);
  await handler.set(key, Promise.resolve(nextEntry('value', { timestamp: clock() })));
  await client.settled(keyOf(key));
  return {
    async read(path) {
      ({ exchange } = new Answering([], path));
      assert.ok(await handler.get(key, []));
    },
    async report() {
      exchange = undefined;
      ahead += REPORT_EVERY;
      assert.ok(await handler.get(key, []));
    },
  };
}

/** What the server says is read, by path. */
async function named(limit: number): Promise<{ path: string; reads: number }[]> {
  const answer = await fetch(`${server.url}/v1/test/paths?limit=${limit}`);
  return ((await answer.json()) as { paths: { path: string; reads: number }[] }).paths;
}

/** An app that answers everything, and what it was asked for. */
async function app(t: TestContext): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const listener = createServer((request, response) => {
    asked.push(request.url!);
    response.end('page');
  }).listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, asked };
}

/** Runs `larder-warm`; its exit code, and what it printed. */
async function warmed(args: string[], env: NodeJS.ProcessEnv): Promise<[unknown, string]> {
  const cli = fileURLToPath(new URL('../../src/warm-cli.js', import.meta.url));
  const run = promisify(execFile)(process.execPath, [cli, ...args], {
    env: { ...process.env, LARDER_NAMESPACE: 'test', ...env },
  });
  return run.then(
    ({ stdout }) => [0, stdout],
    ({ code, stderr }: { code: number; stderr: string }) => [code, stderr],
  );
}

test('the true hottest paths of two processes are asked of an instance before its readers', async (t) => {
  const readers = await Promise.all([reader(t, 'a'), reader(t, 'b')]);
  // A balancer that sends visitors in turn; each process reports now and then.
  for (const [at, rank] of zipf(PATHS, MOST).entries()) {
    await readers[at % 2]!.read(`/p/${rank}`);
    if (at % 2500 === 2499) for (const { report } of readers) await report();
  }
  for (const { report } of readers) await report();
  const hottest = await until('all reports have arrived', async () => {
    const some = await named(TOP);
    return (some[0]?.reads ?? 0) >= MOST * 0.95 ? some : undefined;
  });
  const expected = Array.from({ length: TOP }, (_, at) => `/p/${at + 1}`);
  assert.deepEqual(
    hottest!.map(({ path }) => path),
    expected,
  );

  const { url, asked } = await app(t);
  const [code, said] = await warmed([url, '--top', `${TOP}`, '--concurrency', '1'], {
    LARDER_URL: server.url,
  });
  assert.equal(code, 0, said);
  assert.match(said, /^larder-warm: 20 of 20 paths answered after \d+\.\d s\n$/);
  assert.deepEqual(asked, expected);
});

test('who calls it wrongly is told how, and who has no server that nothing was asked', async (t) => {
  const { url, asked } = await app(t);
  const nobody = { LARDER_URL: 'http://127.0.0.1:1' };
  assert.match(
    (await warmed(['--top', '3'], nobody)).join(' '),
    /^2 larder-warm: expected the URL/,
  );
  assert.match(
    (await warmed([url, '--top', 'all'], nobody)).join(' '),
    /^2 larder-warm: top is NaN; expected a whole number from 1 to 1000\n\nUsage: /,
  );
  assert.match(
    (await warmed([url], nobody)).join(' '),
    /^1 larder-warm: http:\/\/127\.0\.0\.1:1 was not asked: .*ECONNREFUSED/,
  );
  assert.deepEqual(asked, []);
});
