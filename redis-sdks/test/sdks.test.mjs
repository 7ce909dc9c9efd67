import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Lock } from '@upstash/lock';
import { Ratelimit } from '@upstash/ratelimit';
import { Realtime } from '@upstash/realtime';
import { Redis } from '@upstash/redis';
import { createClient } from '@vercel/kv';
import { z } from 'zod';
import { over, readToken, startedServer, token } from './server.mjs';

let server;
let redis;

const client = (namespace, as = token) =>
  new Redis({
    url: `${server.url}/redis/${namespace}`,
    token: as,
    enableTelemetry: false,
    retry: false,
  });

before(async () => {
  server = await startedServer();
  redis = client('sdks');
});
after(() => server.stopAll());

test('values come back as they were set', async () => {
  assert.equal(await redis.set('object', { a: [1, 'ü', null] }), 'OK');
  assert.deepEqual(await redis.get('object'), { a: [1, 'ü', null] });
  assert.equal(await redis.get('none'), null);
  assert.equal(await redis.set('once', 'me', { nx: true, ex: 60 }), 'OK');
  assert.equal(await redis.set('once', 'you', { nx: true, ex: 60 }), null);
  assert.ok((await redis.ttl('once')) > 50);
  assert.equal(await redis.set('text', 'OK'), 'OK');
  assert.equal(await redis.get('text'), 'OK');
});

test('an integer beyond what a double holds is not rounded', async () => {
  await redis.set('large', '9007199254740992');
  assert.equal(String(await redis.incr('large')), '9007199254740993');
});

test('hashes, sets, sorted sets, lists and scans', async () => {
  await redis.hset('hash', { a: 1, b: { c: 2 } });
  assert.deepEqual(await redis.hgetall('hash'), { a: 1, b: { c: 2 } });
  await redis.sadd('set', 'x', 'y');
  assert.deepEqual(await redis.smismember('set', ['x', 'z']), [1, 0]);
  await redis.zadd('board', { score: 3, member: 'c' }, { score: 1, member: 'a' });
  await redis.zincrby('board', 5, 'a');
  assert.deepEqual(await redis.zrange('board', 0, -1, { rev: true, withScores: true }), [
    'a',
    6,
    'c',
    3,
  ]);
  await redis.rpush('list', 1, 2, 3);
  assert.deepEqual(await redis.lrange('list', 0, -1), [1, 2, 3]);
  await redis.mset({ 'scan:1': 1, 'scan:2': 2 });
  const [cursor, keys] = await redis.scan(0, { match: 'scan:*', count: 1000 });
  assert.equal(cursor, '0');
  assert.deepEqual(keys.sort(), ['scan:1', 'scan:2']);
});

test('many calls of one turn travel together, and each has its own answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      redis.set(`many:${i}`, i).then(() => redis.get(`many:${i}`)),
    ),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 500 }, (_, i) => i),
  );
});

test('pipelines go on after an error; transactions concur', async () => {
  await redis.set('string', 'x');
  const results = await redis
    .pipeline()
    .set('p', 1)
    .lpush('string', 'y')
    .incr('p')
    .exec({ keepErrors: true });
  assert.equal(results[0].result, 'OK');
  assert.match(results[1].error, /^WRONGTYPE/);
  assert.equal(results[2].result, 2);
  const rounds = await Promise.all(
    Array.from({ length: 20 }, () => redis.multi().incr('t').incr('t').exec()),
  );
  for (const [first, second] of rounds) assert.equal(second, first + 1);
  assert.equal(await redis.get('t'), 40);
});

test('scripts: by body, by hash, and by the hash of one that is not known yet', async () => {
  assert.equal(await redis.eval('return ARGV[1]', [], ['x']), 'x');
  const script = redis.createScript('return redis.call("INCRBY", KEYS[1], ARGV[1])');
  assert.equal(await script.exec(['counted'], ['2']), 2);
  assert.equal(await script.exec(['counted'], ['2']), 4);
  const hash = await redis.scriptLoad('#!lua flags=allow-key-locking\nreturn 7');
  assert.deepEqual(await redis.scriptExists(hash, 'f'.repeat(40)), [1, 0]);
  assert.equal(await redis.evalsha(hash.toUpperCase(), [], []), 7);
});

const limiters = {
  fixedWindow: Ratelimit.fixedWindow(3, '60 s'),
  slidingWindow: Ratelimit.slidingWindow(3, '60 s'),
  tokenBucket: Ratelimit.tokenBucket(3, '60 s', 3),
  cachedFixedWindow: Ratelimit.cachedFixedWindow(3, '60 s'),
};
for (const [name, limiter] of Object.entries(limiters)) {
  test(`the limiter ${name} lets three pass`, async () => {
    const limit = new Ratelimit({
      redis,
      limiter,
      prefix: name,
      analytics: true,
      ephemeralCache: name === 'cachedFixedWindow' ? new Map() : false,
    });
    // What it does beside the answer is done when `pending` is.
    const passed = [];
    for (let i = 0; i < 5; i++) {
      const { success, pending } = await limit.limit('somebody');
      passed.push(success);
      await pending;
    }
    assert.deepEqual(passed, [true, true, true, false, false]);
    assert.equal((await limit.getRemaining('somebody')).remaining, 0);
    await limit.resetUsedTokens('somebody');
    if (name !== 'cachedFixedWindow') {
      assert.equal((await limit.limit('somebody')).success, true);
    }
  });
}

test('2,000 scripts that read, change and write lose nothing; nor do transactions', async () => {
  const source = `local v = tonumber(redis.call('GET', KEYS[1]) or '0')
    redis.call('SET', KEYS[1], v + 1) return v + 1`;
  const seen = new Set();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const one = client('sdks');
      for (let i = 0; i < 100; i++) seen.add(await one.eval(source, ['changed'], []));
    }),
  );
  assert.equal(seen.size, 2_000);
  assert.equal(await redis.get('changed'), 2_000);
  await redis.mset({ from: 1_000, to: 0 });
  const rounds = await Promise.all(
    Array.from({ length: 20 }, () =>
      client('sdks').multi().decrby('from', 10).incrby('to', 10).mget('from', 'to').exec(),
    ),
  );
  for (const [, , [from, to]] of rounds) assert.equal(from + to, 1_000);
  assert.deepEqual(await redis.mget('from', 'to'), [800, 200]);
});

test('@vercel/kv is the same by another name', async () => {
  const kv = createClient({ url: `${server.url}/redis/sdks`, token, enableTelemetry: false });
  assert.equal(await kv.set('kv', { by: 'vercel' }, { ex: 60 }), 'OK');
  assert.deepEqual(await kv.get('kv'), { by: 'vercel' });
  assert.equal(await kv.hset('kv:hash', { a: 1 }), 1);
  const seen = [];
  for await (const key of kv.scanIterator({ match: 'kv*' })) seen.push(key);
  assert.deepEqual(seen.sort(), ['kv', 'kv:hash']);
});

test('@upstash/realtime: what was emitted is replayed, and what comes is heard', async (t) => {
  // Its ping would keep this process alive, after the end of the subscription too.
  const { setInterval } = globalThis;
  t.mock.method(globalThis, 'setInterval', (...args) => setInterval(...args).unref());
  const schema = { chat: { message: z.object({ text: z.string() }) } };
  const realtime = new Realtime({ schema, redis, history: { maxLength: 10, expireAfterSecs: 60 } });
  const room = realtime.channel('room');
  await room.emit('chat.message', { text: 'first' });
  const heard = [];
  let leave;
  const both = new Promise((resolve) => {
    leave = room.subscribe({
      events: ['chat.message'],
      history: true,
      onData: ({ data }) => {
        heard.push(data.text);
        if (heard.length === 1) void room.emit('chat.message', { text: 'second' });
        if (heard.length === 2) resolve();
      },
    });
  });
  await both;
  (await leave)();
  assert.deepEqual(heard, ['first', 'second']);
});

test('a lock is owned by one, extended and released by its owner only', async () => {
  const options = { id: 'lock', redis, lease: 20_000, retry: { attempts: 1, delay: 1 } };
  const [mine, other] = [new Lock(options), new Lock(options)];
  assert.equal(await mine.acquire(), true);
  assert.equal(await other.acquire(), false);
  assert.equal(await other.release(), false);
  assert.equal(await mine.extend(10_000), true);
  assert.equal(await mine.release(), true);
  assert.equal(await other.acquire(), true);
});

test('messages reach those who subscribed, whatever is in them', async () => {
  const payloads = ['plain', { a: 'b\n' }, 'two\nlines\r\n', 'x'.repeat(900_000)];
  const byName = redis.subscribe('news');
  const byPattern = redis.psubscribe('ne*');
  const heard = [];
  const expected = [{ first: 1 }, ...payloads];
  const all = new Promise((resolve) => {
    byName.on('message', ({ channel, message }) => {
      heard.push(message);
      assert.equal(channel, 'news');
      if (heard.length === expected.length) resolve();
    });
  });
  const matched = new Promise((resolve) => byPattern.on('pmessage', resolve));
  await Promise.all([
    new Promise((resolve) => byName.on('subscribe', resolve)),
    new Promise((resolve) => byPattern.on('psubscribe', resolve)),
  ]);
  // A node of a cluster counts those that listen at itself, and the others hear all the same.
  const counted = over.store !== 'cluster';
  const toldOf = await redis.publish('news', { first: 1 });
  if (counted) assert.equal(toldOf, 2);
  assert.deepEqual((await matched).message, { first: 1 });
  await byPattern.unsubscribe();
  for (const payload of payloads) {
    const told = await redis.publish('news', payload);
    if (counted) assert.ok(told >= 1);
  }
  await all;
  assert.deepEqual(heard.slice(0, expected.length), expected);
  await byName.unsubscribe();
  const deadline = Date.now() + 20_000;
  while ((await redis.publish('news', 'nobody')) > 0) {
    assert.ok(Date.now() < deadline, 'the subscription did not end with its client');
  }
});

test('a token to read with reads, and nothing else', async () => {
  await redis.set('readable', 1);
  const reader = client('sdks', readToken);
  assert.equal(await reader.get('readable'), 1);
  const refused = [
    () => reader.set('readable', 2),
    () => reader.getex('readable', { ex: 1 }),
    () => reader.scan(0),
    () => reader.keys('*'),
    () => reader.eval('return 1', [], []),
    () => reader.publish('news', 1),
  ];
  for (const call of refused) await assert.rejects(call, /NOPERM/);
  await assert.rejects(() => client('sdks', 'wrong').get('readable'), /WRONGPASS/);
  assert.equal(await redis.get('readable'), 1);
});

test('namespaces do not see each other, and what is acknowledged survives kill -9', async () => {
  const other = client('other');
  await other.set('mine', 'other');
  await redis.set('mine', 'sdks');
  await server.kill();
  await server.start();
  assert.equal(await redis.get('mine'), 'sdks');
  assert.equal(await other.get('mine'), 'other');
});
