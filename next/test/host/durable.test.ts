import assert from 'node:assert/strict';
import type { NextConfig } from 'next';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { withLarder } from '@larder/next';
import { sayWhatSurvives } from '../../src/host/durable.js';

const CACHING = { cacheComponents: true, outputFileTracingRoot: '/' };
const DURABLE = { routes: false, durable: true };
const NAMES = ['TURBOPACK', 'NEXT_SERVER_ACTIONS_ENCRYPTION_KEY'] as const;
const before = { title: process.title, env: NAMES.map((name) => process.env[name]) };

beforeEach(() => {
  process.title = 'next-build';
  process.env.TURBOPACK = '1';
  process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY = randomBytes(32).toString('base64');
});
afterEach(() => {
  process.title = before.title;
  NAMES.forEach((name, i) => {
    if (before.env[i] === undefined) delete process.env[name];
    else process.env[name] = before.env[i];
  });
});

test('what the app says beside it stays', async () => {
  let compiled = '';
  const own = {
    ...CACHING,
    experimental: { taint: true },
    compiler: {
      removeConsole: true,
      runAfterProductionCompile: async ({ distDir }: { distDir: string }) =>
        void (compiled = distDir),
    },
  };
  const { experimental, compiler } = withLarder(own as NextConfig, DURABLE);
  assert.deepEqual(experimental, { taint: true, durableUseCacheEntries: true });
  assert.equal('removeConsole' in compiler!, true);
  await compiler?.runAfterProductionCompile?.({ projectDir: '/app', distDir: '/app/.next' });
  assert.equal(compiled, '/app/.next');
});

test('a server that starts needs no key: it is in the build', () => {
  process.title = 'next-server';
  delete process.env.TURBOPACK;
  delete process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY;
  const { experimental } = withLarder(CACHING, DURABLE);
  assert.deepEqual(experimental, { durableUseCacheEntries: true });
});

test('a build without a key, or with none of its lengths, is refused; the key is not shown', () => {
  for (const [key, why] of [
    [undefined, 'it is not set'],
    ['', 'it is not set'],
    ['c2hvcnQ=', 'this one is no key'],
  ] as const) {
    if (key === undefined) delete process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY;
    else process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY = key;
    assert.throws(
      () => withLarder(CACHING, DURABLE),
      ({ message }: Error) =>
        message.includes(why) && message.includes('openssl') && !message.includes('c2hvcnQ'),
    );
  }
});

test('a build of webpack is told what is missing, and is built without', () => {
  delete process.env.TURBOPACK;
  assert.equal('experimental' in withLarder(CACHING, DURABLE), false);
});

test('an app without use cache, or that does not ask for it, is left alone', () => {
  const routes = { routes: false };
  assert.equal('experimental' in withLarder({ outputFileTracingRoot: '/' }, DURABLE), false);
  assert.equal('experimental' in withLarder(CACHING, routes), false);
});

test('a build says what ends with it, and on which variables its entries depend', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-durable-'));
  mkdirSync(join(directory, 'server'));
  const durability = {
    codeHash: 'c0de',
    runtimeEnvVarsRead: ['NEXT_OTEL_VERBOSE', 'REGION'],
    runtimeEnvVarsExistence: ['FLAG'],
  };
  const node = {
    a: { workers: { 'app/page': { durability }, 'app/odd/page': {} } },
    b: { workers: { 'app/odd/page': {} } },
    c: {},
  };
  const file = join(directory, 'server', 'server-reference-manifest.json');
  writeFileSync(file, JSON.stringify({ node }));
  const said: string[] = [];
  const log = { notice: (line: string) => said.push(line) };
  await sayWhatSurvives(directory, log as never);
  assert.match(said[0]!, /end with this build in app\/odd\/page:/);
  assert.match(said[1]!, /reads FLAG, REGION of the environment/);
  await sayWhatSurvives('/absent', log as never);
  assert.match(said[2]!, /not known.*ENOENT/);
});
