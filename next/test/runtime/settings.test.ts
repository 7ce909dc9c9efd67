import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { settingsFrom } from '../../src/runtime/settings.js';
import { RecordingLog } from '../support/fixtures.js';

test('an empty environment means a local server and the default namespace', () => {
  const log = new RecordingLog();
  assert.deepEqual(settingsFrom({}, log), {
    urls: ['http://127.0.0.1:7400'],
    namespace: 'default',
    token: undefined,
    authority: undefined,
    timeout: 100,
    wait: 5000,
    nearCache: 64 << 20,
    warm: 8 << 20,
    staleness: 0,
    outageStaleness: 30_000,
    earlyRefresh: 0.1,
    transport: 'websocket',
    labels: true,
    cdnTags: undefined,
  });
  assert.deepEqual(log.lines, []);
});

test('under next dev nobody waits for a generation unless told to', () => {
  const log = new RecordingLog();
  const waitOf = (env: Record<string, string>): number =>
    settingsFrom({ NODE_ENV: 'development', ...env }, log).wait;
  assert.equal(waitOf({}), 0);
  assert.equal(waitOf({ LARDER_WAIT: '300' }), 300);
});

test('settings are taken from the environment', () => {
  const env = {
    LARDER_URL: ' https://cache.example:7443/larder/ ',
    LARDER_NAMESPACE: 'shop-production',
    LARDER_TOKEN: 's3cret',
    LARDER_TIMEOUT: '250',
    LARDER_WAIT: '0',
    LARDER_NEAR_CACHE: '0',
    LARDER_WARM: '2',
    LARDER_CONSISTENCY: 'push',
    LARDER_STALENESS: '3000',
    LARDER_OUTAGE_STALENESS: '60000',
    LARDER_EARLY_REFRESH: '0.25',
    LARDER_TRANSPORT: 'http',
    LARDER_LABELS: 'off',
    LARDER_CDN_TAGS: 'Surrogate-Key',
  };
  const log = new RecordingLog();
  assert.deepEqual(settingsFrom(env, log), {
    urls: ['https://cache.example:7443/larder'],
    namespace: 'shop-production',
    token: 's3cret',
    authority: undefined,
    timeout: 250,
    wait: 0,
    nearCache: 0,
    warm: 2 << 20,
    staleness: 3000,
    outageStaleness: 60_000,
    earlyRefresh: 0.25,
    transport: 'http',
    labels: false,
    cdnTags: 'surrogate-key',
  });
  assert.deepEqual(log.lines, []);
});

test('an authority is read from the file that is named, and one that cannot be used is logged', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-settings-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const right = join(directory, 'ca.pem');
  const wrong = join(directory, 'ca.der');
  const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
  writeFileSync(right, pem);
  writeFileSync(wrong, Buffer.from([0x30, 0]));
  const log = new RecordingLog();
  assert.equal(settingsFrom({ LARDER_CA: right }, log).authority, pem);
  assert.deepEqual(log.lines, []);
  for (const path of [wrong, join(directory, 'missing.pem')]) {
    assert.equal(settingsFrom({ LARDER_CA: path }, log).authority, undefined);
    assert.match(log.lines.at(-1)!, new RegExp(`${path}.* in LARDER_CA is not a file .*PEM`));
  }
});

test('a process may be behind only with push, and in an outage for half a minute or as far as otherwise', () => {
  const bounds = (env: NodeJS.ProcessEnv) => {
    const { staleness, outageStaleness } = settingsFrom(env, new RecordingLog());
    return [staleness, outageStaleness];
  };
  assert.deepEqual(bounds({ LARDER_STALENESS: '60000' }), [0, 30_000]);
  assert.deepEqual(bounds({ LARDER_OUTAGE_STALENESS: '500' }), [0, 500]);
  assert.deepEqual(bounds({ LARDER_OUTAGE_STALENESS: '0' }), [0, 0]);
  assert.deepEqual(bounds({ LARDER_CONSISTENCY: 'push' }), [5000, 30_000]);
  const push = { LARDER_CONSISTENCY: 'push', LARDER_STALENESS: '60000' };
  assert.deepEqual(bounds(push), [60_000, 60_000]);
  assert.deepEqual(bounds({ ...push, LARDER_OUTAGE_STALENESS: '0' }), [60_000, 0]);
});

test('a process that is known to be frozen between requests keeps no connection, unless told to', () => {
  const transport = (env: NodeJS.ProcessEnv) => settingsFrom(env, new RecordingLog()).transport;
  const platforms = [
    { AWS_LAMBDA_FUNCTION_NAME: 'shop' },
    { VERCEL: '1' },
    { NETLIFY: 'true' },
    { FUNCTIONS_WORKER_RUNTIME: 'node' },
    { K_SERVICE: 'shop' },
  ];
  for (const env of platforms) {
    assert.equal(transport(env), 'http');
    assert.equal(transport({ ...env, LARDER_TRANSPORT: 'websocket' }), 'websocket');
    assert.equal(transport({ ...env, LARDER_TRANSPORT: 'auto' }), 'http');
    assert.equal(transport({ ...env, LARDER_TRANSPORT: 'carrier pigeon' }), 'http');
  }
  assert.equal(transport({ VERCEL: '' }), 'websocket');
  assert.equal(transport({ LARDER_TRANSPORT: 'auto' }), 'websocket');
});

test('a bad value is named once, and its default is used', () => {
  const cases: [string, string][] = [
    ['LARDER_TIMEOUT', '0'],
    ['LARDER_TIMEOUT', '100ms'],
    ['LARDER_WAIT', '60001'],
    ['LARDER_NEAR_CACHE', '64mb'],
    ['LARDER_NEAR_CACHE', '5000'],
    ['LARDER_WARM', 'all'],
    ['LARDER_CONSISTENCY', 'eventual'],
    ['LARDER_STALENESS', '99'],
    ['LARDER_OUTAGE_STALENESS', '-1'],
    ['LARDER_TRANSPORT', 'fetch'],
  ];
  for (const [name, value] of cases) {
    const log = new RecordingLog();
    assert.deepEqual(settingsFrom({ [name]: value }, log), settingsFrom({}, log));
    assert.equal(log.lines.length, 1);
    assert.ok(log.lines[0]!.includes(name) && log.lines[0]!.includes(value), log.lines[0]);
  }
});

test('what does not say whose cache it is has no server asked: the default may be of somebody else', () => {
  const cases: [string, string][] = [
    ['LARDER_URL', 'redis://cache:6379'],
    ['LARDER_URL', 'cache'],
    ['LARDER_URL', 'http://cache:7400?namespace=shop'],
    ['LARDER_URL', 'http://cache:7400#shop'],
    ['LARDER_URL', ' , '],
    ['LARDER_NAMESPACE', 'Shop-Production'],
    ['LARDER_NAMESPACE', 'a'.repeat(64)],
    ['LARDER_TOKEN', 'gr\u00fc\u00df'],
  ];
  for (const [name, value] of cases) {
    const log = new RecordingLog();
    assert.deepEqual(settingsFrom({ [name]: value }, log).urls, [], `${name}=${value}`);
    assert.equal(log.lines.length, 1);
    assert.match(
      log.lines[0]!,
      new RegExp(`in ${name} is not .*asks no server, and shares nothing`),
    );
  }
});

test('a password in an address is refused, and not shown', () => {
  for (const value of [
    'http://user:hunter2@cache:7400',
    'http://hunter2@cache',
    'http://a:1,https://user:hunter2@cache',
    'http://user:hunter2/@cache:7400',
  ]) {
    const log = new RecordingLog();
    assert.deepEqual(settingsFrom({ LARDER_URL: value }, log).urls, []);
    assert.match(log.lines.join(), /…@.* in LARDER_URL is not .*LARDER_TOKEN/);
    assert.doesNotMatch(log.lines.join(), /hunter2/);
  }
});

test('a bad token is reported without being shown', () => {
  const log = new RecordingLog();
  assert.equal(settingsFrom({ LARDER_TOKEN: 'se cret' }, log).token, undefined);
  assert.ok(log.lines[0]!.includes('LARDER_TOKEN') && !log.lines[0]!.includes('se cret'));
});

test('several servers are named with commas between them, each once', () => {
  const log = new RecordingLog();
  const urlsOf = (text: string): readonly string[] => settingsFrom({ LARDER_URL: text }, log).urls;
  assert.deepEqual(urlsOf('http://a:1, https://b/x/ ,http://a:1'), ['http://a:1', 'https://b/x']);
  assert.deepEqual(log.lines, []);
  assert.deepEqual(urlsOf('http://a:1,,'), ['http://a:1']);
  assert.deepEqual(log.lines, []);
  assert.deepEqual(urlsOf('http://a:1,b'), []);
  assert.match(log.lines[0]!, /"http:\/\/a:1,b" in LARDER_URL is not .* with commas between them/);
});
