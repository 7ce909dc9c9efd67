import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Lock } from '@upstash/lock';
import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import { knownScripts } from '../known-scripts.mjs';
import { ask, startedServer, token } from './server.mjs';

test('the server has the scripts of the SDKs that are installed', () => {
  const file = '../../server/src/main/resources/dev/larder/server/redisrest/known-scripts.txt';
  assert.equal(readFileSync(new URL(file, import.meta.url), 'utf8'), knownScripts());
});

test('with known scripts the SDKs work, and others are refused', async () => {
  const server = await startedServer(['--redis-scripts', 'known', '--redis-fsync', 'always']);
  const url = `${server.url}/redis/known`;
  const redis = new Redis({ url, token, enableTelemetry: false, retry: false });
  for (const limiter of [
    Ratelimit.fixedWindow(1, '60 s'),
    Ratelimit.slidingWindow(1, '60 s'),
    Ratelimit.tokenBucket(1, '60 s', 1),
  ]) {
    const limit = new Ratelimit({ redis, limiter, ephemeralCache: false, prefix: limiter.name });
    assert.equal((await limit.limit('a')).success, true);
    assert.equal((await limit.limit('a')).success, false);
    await limit.getRemaining('a');
    await limit.resetUsedTokens('a');
  }
  const lock = new Lock({ id: 'lock', redis, lease: 20_000 });
  assert.equal(await lock.acquire(), true);
  assert.equal(await lock.release(), true);
  for (const command of [
    ['EVAL', 'return 1', 0],
    ['eval_ro', 'return 1', 0],
    ['EVALSHA', 'F'.repeat(40), 0],
    ['SCRIPT', 'LOAD', 'return 1'],
    ['FUNCTION', 'LOAD', '#!lua name=x'],
    ['FCALL', 'x', 0],
  ]) {
    const { body } = await ask(url, { body: command });
    assert.match(body.error, /^NOPERM .*--redis-scripts is known/, command.join(' '));
  }
  await server.stopAll();
});

test('without scripts there are none', async () => {
  const server = await startedServer(['--redis-scripts', 'off', '--redis-fsync', 'no']);
  const url = `${server.url}/redis/off`;
  for (const command of ['EVAL', 'EVALSHA', 'EVAL_RO']) {
    const { body } = await ask(url, { body: [command, 'return 1', 0] });
    assert.match(body.error, /^NOPERM .*--redis-scripts is off/);
  }
  assert.equal((await ask(url, { body: ['SET', 'k', 1] })).body.result, 'OK');
  await server.stopAll();
});
