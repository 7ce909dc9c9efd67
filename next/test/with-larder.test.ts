import assert from 'node:assert/strict';
import type { NextConfig } from 'next';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withLarder } from '@larder/next';
import handler from '@larder/next/cache-handlers';
import { VERSION } from '../src/runtime/version.js';

const MODULE = fileURLToPath(import.meta.resolve('@larder/next/cache-handlers'));
const ROUTES = fileURLToPath(import.meta.resolve('@larder/next/cache-handler'));
const ROOTED = { outputFileTracingRoot: '/' };
const NO_ROUTES = { routes: false };
const CACHING = { cacheComponents: true };

test('both kinds are served by the handler module', () => {
  for (const caching of [CACHING, { experimental: { useCache: true } }]) {
    const given = { reactStrictMode: true, ...caching, ...ROOTED };
    const { cacheHandlers = {}, ...rest } = withLarder(given, NO_ROUTES);
    assert.deepEqual(rest, given);
    assert.deepEqual(Object.keys(cacheHandlers), ['default', 'remote']);
    for (const path of Object.values(cacheHandlers)) {
      assert.ok(existsSync(path));
      assert.equal(realpathSync(path), realpathSync(MODULE));
    }
  }
});

test('where there is no use cache, there is no handler for it', () => {
  for (const config of [{}, { cacheComponents: false }, { experimental: { useCache: false } }]) {
    const made = withLarder(config);
    assert.equal('cacheHandlers' in made, false);
    assert.equal(made.cacheMaxMemorySize, 0);
    assert.equal(realpathSync(made.cacheHandler!), realpathSync(ROUTES));
  }
});

test('a promise of a configuration stays one', async () => {
  const { cacheHandlers, ...rest } = await withLarder(
    Promise.resolve({ ...CACHING, ...ROOTED }),
    NO_ROUTES,
  );
  assert.deepEqual(rest, { ...CACHING, ...ROOTED });
  assert.deepEqual(Object.keys(cacheHandlers!), ['default', 'remote']);
  await assert.rejects(withLarder(Promise.resolve('shop' as never)), /configuration.*"shop"/);
});

test('a configuration function stays one, with its arguments', async () => {
  const defaultConfig = { distDir: '.next' };
  const own = async (phase: string, context: { defaultConfig: object }) => ({
    phase,
    ...context.defaultConfig,
    ...CACHING,
    ...ROOTED,
  });
  const config = withLarder(own, NO_ROUTES);
  const { cacheHandlers, ...rest } = await config('phase-production-server', { defaultConfig });
  assert.deepEqual(rest, {
    phase: 'phase-production-server',
    ...defaultConfig,
    ...CACHING,
    ...ROOTED,
  });
  assert.deepEqual(Object.keys(cacheHandlers!), ['default', 'remote']);
});

test('handlers the user names are kept', () => {
  const { cacheHandlers = {} } = withLarder({
    ...CACHING,
    cacheHandlers: { default: '/mine.js', files: '/files.js' },
  });
  assert.equal(cacheHandlers.default, '/mine.js');
  assert.equal(cacheHandlers.files, '/files.js');
  assert.equal(realpathSync(cacheHandlers.remote!), realpathSync(MODULE));
});

test('an app that links this checkout has a root that holds both, unless it has one', () => {
  const { outputFileTracingRoot: root } = withLarder({}) as { outputFileTracingRoot?: string };
  assert.ok(MODULE.startsWith(root!) && process.cwd().startsWith(root!), root);
  const own = withLarder({ turbopack: { root: '/' } });
  assert.equal('outputFileTracingRoot' in own, false);
  assert.throws(() => withLarder({ outputFileTracingRoot: '/elsewhere' }), /linked.*"\/elsewhere"/);
});

test('only the kinds asked for are served', () => {
  const { cacheHandlers } = withLarder(CACHING, { kinds: ['remote', 'sessions'] });
  assert.deepEqual(Object.keys(cacheHandlers!), ['remote', 'sessions']);
});

test('the route cache is served by its handler, with one tier in memory and with images', () => {
  const config = withLarder({ images: { formats: ['image/avif'] } });
  assert.equal(realpathSync(config.cacheHandler!), realpathSync(ROUTES));
  assert.equal(config.cacheMaxMemorySize, 0);
  assert.deepEqual(config.images, { customCacheHandler: true, formats: ['image/avif'] });
});

test('what the user says of the route cache is kept', () => {
  const config = withLarder({
    cacheMaxMemorySize: 9,
    images: { customCacheHandler: false },
    compiler: { styledComponents: true },
  } as NextConfig);
  assert.equal(config.cacheMaxMemorySize, 9);
  assert.deepEqual(config.images, { customCacheHandler: false });
  assert.deepEqual(config.compiler, { styledComponents: true });
  assert.equal(withLarder({ cacheHandler: '/mine.js' }).cacheHandler, '/mine.js');
});

test('a build that knows the server records its revision, after what the user does then', async (t) => {
  const server = createServer((_, answer) => answer.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  process.env.LARDER_URL = `http://127.0.0.1:${port}`;
  process.env.LARDER_NAMESPACE = 'test';
  t.after(() => {
    delete process.env.LARDER_URL;
    delete process.env.LARDER_NAMESPACE;
  });
  let compiled = '';
  const runAfterProductionCompile = async ({ distDir }: { distDir: string }) =>
    void (compiled = distDir);
  const { compiler } = withLarder({ compiler: { runAfterProductionCompile } });
  await compiler?.runAfterProductionCompile?.({ projectDir: '/app', distDir: '/app/.next' });
  assert.equal(compiled, '/app/.next');
});

test('the memory of a kind that Larder does not serve is left to it', () => {
  assert.equal(withLarder(CACHING, { kinds: ['remote'] }).cacheMaxMemorySize, undefined);
});

test('wrong options are named', () => {
  const call = (options: unknown) => () => withLarder({}, options as never);
  assert.throws(call({ url: 'http://x' }), /no option "url" \(set LARDER_URL\)/);
  assert.throws(call({ consistency: 'push' }), /LARDER_CONSISTENCY/);
  assert.throws(call({ transport: 'http' }), /LARDER_TRANSPORT/);
  assert.throws(call({ onEvent() {} }), /"onEvent" \(call onEvent of '@larder\/next\/events'/);
  assert.throws(call({ toString: 1 }), /"toString"; it has: "kinds"/);
  assert.throws(call({ kinds: 'remote' }), /"kinds".*"remote"/);
  assert.throws(call({ routes: 'all' }), /"routes" is true or false, not "all"/);
  assert.throws(call({ durable: 'yes' }), /"durable" is true or false, not "yes"/);
  assert.throws(call({ kinds: ['private'] }), /private/);
  assert.throws(call({ kinds: ['Remote'] }), /Remote/);
  assert.throws(call('shop'), /options.*"shop"/);
  assert.throws(() => withLarder('shop' as never), /configuration.*"shop"/);
});

test('the handler has the five methods Next.js calls', () => {
  const methods = ['get', 'getExpiration', 'refreshTags', 'set', 'updateTags'];
  assert.deepEqual(Object.keys(handler).sort(), methods);
});

test('two copies of the handler module are one object', async () => {
  const again = (await import(`${import.meta.resolve('@larder/next/cache-handlers')}?again`)) as {
    default: unknown;
  };
  assert.equal(again.default, handler);
});

test('the version is the one of the package', () => {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  assert.equal((JSON.parse(json) as { version: string }).version, VERSION);
});
