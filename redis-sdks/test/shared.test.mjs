import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Larder } from '@larder/harness/larder';
import { freePort } from '@larder/harness/ports';
import { Redis as Client } from '@upstash/redis';
import { ask, over, startedServer, token } from './server.mjs';

over.store = 'redis';

let server;
let url;
before(async () => {
  server = await startedServer(['--redis-timeout', '500']);
  url = `${server.url}/redis/shop`;
});
after(() => server.stopAll());

const run = async (...command) => {
  const { body } = await ask(url, { body: command });
  return 'result' in body ? body.result : body;
};
const names = async () => (await server.store.run('KEYS', '*')).trim().split('\n').sort();

test('every key of every form is in the namespace, and no reply shows it', async () => {
  await server.store.run('SET', 'foreign', 'untouched');
  const commands = [
    ['MSET', 'a', 1, 'b', 2],
    ['RENAME', 'b', 'c'],
    ['COPY', 'c', 'd'],
    ['BITCOUNT', 'a'],
    ['SADD', 's1', 'x', 'y'],
    ['SUNIONSTORE', 's2', 's1', 's1'],
    ['SMOVE', 's2', 's3', 'x'],
    ['ZADD', 'z1', 1, 'm'],
    ['ZUNIONSTORE', 'z2', 2, 'z1', 'z1', 'WEIGHTS', 2, 3],
    ['ZINTERCARD', 2, 'z1', 'z2'],
    ['ZRANGESTORE', 'z3', 'z1', 0, -1],
    ['RPUSH', 'l1', 2, 1],
    ['LMOVE', 'l1', 'l2', 'LEFT', 'RIGHT'],
    ['MSET', 'w_1', 9, 'w_2', 1],
    ['RPUSH', 'ids', 1, 2],
    ['SORT', 'ids', 'BY', 'w_*', 'GET', '#', 'GET', 'w_*', 'STORE', 'sorted'],
    ['SORT', 'ids', 'BY', 'nosort', 'GET', 'store', 'STORE', 'stored'],
    ['XADD', 'stream', '1-1', 'f', 'v'],
    ['XGROUP', 'CREATE', 'stream', 'streams', 0],
    ['XREADGROUP', 'GROUP', 'streams', 'count', 'COUNT', 1, 'STREAMS', 'stream', '>'],
    ['XREAD', 'STREAMS', 'stream', 0],
    ['BITOP', 'NOT', 'a2', 'a'],
    ['GEOADD', 'geo', 13.4, 52.5, 'store'],
    ['GEORADIUSBYMEMBER', 'geo', 'store', 1, 'km', 'STORE', 'geo2', 'STOREDIST', 'geo3'],
    ['GEOSEARCHSTORE', 'geo4', 'geo', 'FROMMEMBER', 'store', 'BYRADIUS', 1, 'km'],
    ['PFADD', 'pf', 'x'],
    ['PFMERGE', 'pf2', 'pf'],
    ['OBJECT', 'ENCODING', 'a'],
    ['EVAL', "redis.call('SET', KEYS[1] .. ':made', ARGV[1]) return KEYS[1]", 1, 'e', 'v'],
  ];
  const { body } = await ask(`${url}/pipeline`, { body: commands });
  for (const [i, answer] of body.entries()) {
    assert.ok('result' in answer, `${commands[i]}: ${answer.error}`);
    assert.doesNotMatch(JSON.stringify(answer), /larder/);
  }
  assert.equal(body.at(-1).result, 'e');
  assert.deepEqual(await run('LRANGE', 'sorted', 0, -1), ['2', '1', '1', '9']);
  for (const name of await names()) {
    assert.match(name, /^(foreign$|larder:(\{|(servers|builds)$))/);
  }
  const streams = ['stream', [['1-1', ['f', 'v']]]];
  assert.deepEqual(body[commands.findIndex(([name]) => name === 'XREAD')].result, [streams]);
  assert.deepEqual(body[commands.findIndex(([name]) => name === 'XREADGROUP')].result, [streams]);
  const blocking = ['XREADGROUP', 'GROUP', 'streams', 'c', 'BLOCK', 0, 'STREAMS', 'stream', '>'];
  assert.match((await run(...blocking)).error, /not available over HTTP/);
  const read = `return redis.call('XREADGROUP', 'GROUP', 'streams', 'c2', 'STREAMS', KEYS[1], 0)[1][1]`;
  assert.equal(await run('EVAL', read, 1, 'stream'), 'stream');
  const all = (await run('KEYS', '*')).sort();
  assert.ok(all.includes('e:made') && all.includes('stored'));
  assert.deepEqual((await run('KEYS', 'w_[12]')).sort(), ['w_1', 'w_2']);
  assert.equal(await run('DBSIZE'), all.length);
  assert.ok(all.includes(await run('RANDOMKEY')));
  assert.deepEqual((await run('LMPOP', 2, 'none', 'ids', 'LEFT'))[0], 'ids');
  assert.deepEqual((await run('ZMPOP', 1, 'z1', 'MIN'))[0], 'z1');
});

test('a user with the rights of the guide is enough', async (t) => {
  const guide = readFileSync(new URL('../../docs/guide/scaling-out.md', import.meta.url), 'utf8');
  const [, forCache] = guide.match(/ACL SETUSER larder ([^`]*)```/);
  const [, forDatabases] = guide.match(/uses what its clients use: `([^`]*)`/);
  const rights = `${forCache} ${forDatabases}`.replace(/\\\n/g, ' ').replace(/'/g, '').split(/\s+/);
  await server.store.run('ACL', 'SETUSER', 'larder', ...rights.filter(Boolean));
  const address = server.store.url.replace('://', '://larder:PASSWORD@');
  const limited = new Larder(await freePort(), undefined, ['--store', address]);
  await limited.start();
  t.after(() => limited.stop());
  const asked = async (...command) =>
    (await ask(`${limited.url}/redis/limited`, { as: '', body: command })).body;
  assert.deepEqual(await asked('SET', 'k', 1), { result: 'OK' });
  assert.deepEqual(await asked('KEYS', '*'), { result: ['k'] });
  assert.deepEqual(await asked('SORT', 'none'), { result: [] });
  assert.deepEqual(await asked('EVAL', "return redis.call('GET', 'k')", 0), { result: '1' });
  assert.match((await asked('EVAL', "return _G.redis.call('GET', 'k')", 0)).error, /can't access/);
  const { body } = await ask(`${limited.url}/redis/limited/multi-exec`, {
    as: '',
    body: [['INCR', 'k'], ['FLUSHALL']],
  });
  assert.match(body.error, /EXECABORT/);
  assert.deepEqual(await asked('FLUSHALL'), { result: 'OK' });
  const listening = await fetch(`${limited.url}/redis/limited/psubscribe/a*`);
  assert.equal(listening.status, 200);
  await listening.body.cancel();
});

test('scans find what is there among many keys of others, and types', async () => {
  const filler = Array.from({ length: 5_000 }, (_, i) => ['SET', `other:${i}`, i]);
  const beside = await ask(`${server.url}/redis/beside/pipeline`, { body: filler });
  assert.equal(beside.status, 200);
  await run('HSET', 'scanned:h', 'f', 'v');
  await run('SET', 'scanned:s', 'v');
  const found = [];
  let cursor = '0';
  let rounds = 0;
  do {
    const [next, page] = await run('SCAN', cursor, 'MATCH', 'scanned:*', 'WITHTYPE');
    found.push(...page);
    cursor = next;
    rounds += 1;
  } while (cursor !== '0');
  assert.deepEqual([...found].sort(), ['hash', 'scanned:h', 'scanned:s', 'string']);
  assert.ok(rounds < 5, `${rounds} requests for two keys`);
});

test('commands keep their order around those that walk', async () => {
  const { body } = await ask(`${url}/pipeline`, {
    body: [
      ['SET', 'ordered', 1],
      ['KEYS', 'ordered'],
      ['DEL', 'ordered'],
      ['KEYS', 'ordered'],
    ],
  });
  assert.deepEqual(
    body.map(({ result }) => result),
    ['OK', ['ordered'], 1, []],
  );
});

test('FLUSHDB empties one namespace', async () => {
  await server.store.run('SET', 'larder:{shop}', 'of the cache');
  await run('FLUSHDB');
  assert.equal(await run('DBSIZE'), 0);
  const beside = await ask(`${server.url}/redis/beside`, { body: ['DBSIZE'] });
  assert.equal(beside.body.result, 5_000);
  assert.match(await server.store.run('GET', 'larder:{shop}'), /of the cache/);
  assert.match(await server.store.run('GET', 'foreign'), /untouched/);
});

test('a script reaches its namespace only', async () => {
  await run('SET', 'mine', 1);
  const refused = [
    "return redis.call('FLUSHALL')",
    "return redis.call('SELECT', 1)",
    "return redis.call('SWAPDB', 0, 1)",
    "return redis.call('MIGRATE', 'h', 1, 'k', 0, 1)",
    "return redis.call('DBSIZE')",
    "return redis.call('SCRIPT', 'FLUSH')",
  ];
  for (const source of refused) {
    assert.match((await run('EVAL', source, 0)).error, /^ERR .*not allowed from script/, source);
  }
  const pcall = "return redis.pcall('FLUSHALL').err";
  assert.match(await run('EVAL', pcall, 0), /not allowed/);
  assert.deepEqual(await run('EVAL', "return redis.call('KEYS', '*')", 0), ['mine']);
  const scan = "return redis.call('SCAN', 0, 'COUNT', 100000)[2]";
  assert.deepEqual(await run('EVAL', scan, 0), ['mine']);
  const many = `redis.call('MSET', 'k1', 1, 'k2', 2) redis.call('ZADD', 'z', 1, 'm')
    redis.call('ZUNIONSTORE', 'u', 2, 'z', 'z') redis.call('RPUSH', 'l', 'x')
    redis.call('SORT', 'l', 'ALPHA', 'STORE', 'sorted')
    return {redis.call('LMPOP', 2, 'none', 'l', 'LEFT')[1], redis.call('EXISTS', 'k1', 'u', 'sorted')}`;
  assert.deepEqual(await run('EVAL', many, 0), ['l', 3]);
  for (const name of await names()) assert.match(name, /^(foreign$|larder:(\{|(servers|builds)$))/);
  const lines = await run('EVAL', "\nreturn redis.call('INCR', KEYS[1], 1)", 1, 'x');
  assert.match(lines.error, /Wrong number of args/);
  assert.deepEqual(await run('EVAL', 'return {#KEYS, #ARGV, ARGV[1]}', 1, 'k', 'v'), [1, 1, 'v']);
  assert.match((await run('EVAL', 'return 1', 2, 'k')).error, /greater than number of args/);
});

test('what is about all namespaces, and several steps in a transaction, are refused', async () => {
  assert.match((await run('SCRIPT', 'KILL')).error, /all namespaces/);
  assert.match((await run('INFO')).error, /all namespaces/);
  assert.match((await run('COPY', 'mine', 'other', 'DB', 1)).error, /out of range/);
  const { status, body } = await ask(`${url}/multi-exec`, { body: [['SET', 'a', 1], ['FLUSHDB']] });
  assert.equal(status, 400);
  assert.match(body.error, /^EXECABORT/);
  const scanned = await ask(`${url}/multi-exec`, {
    body: [
      ['SET', 'in-transaction', 1],
      ['SCAN', 0, 'COUNT', 100000],
    ],
  });
  assert.ok(scanned.body[1].result[1].includes('in-transaction'));
});

test('the store is subscribed once, however many listen, and no more when they have left', async () => {
  const redis = new Client({ url, token, enableTelemetry: false, retry: false });
  const subscriptions = Array.from({ length: 20 }, () => redis.subscribe('news'));
  await Promise.all(
    subscriptions.map((each) => new Promise((resolve) => each.on('subscribe', resolve))),
  );
  const channel = 'larder:{shop/redis}:news';
  assert.match(await server.store.run('PUBSUB', 'NUMSUB', channel), /\n1\n/);
  const heard = subscriptions.map((each) => new Promise((resolve) => each.on('message', resolve)));
  assert.equal(await redis.publish('news', 'x'), 1);
  for (const { message } of await Promise.all(heard)) assert.equal(message, 'x');
  assert.deepEqual(await run('PUBSUB', 'CHANNELS'), ['news']);
  assert.deepEqual(await run('PUBSUB', 'NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
  await Promise.all(subscriptions.map((each) => each.unsubscribe()));
  const deadline = Date.now() + 20_000;
  while (/\n1\n/.test(await server.store.run('PUBSUB', 'NUMSUB', channel))) {
    assert.ok(Date.now() < deadline, 'the store is subscribed though nobody listens');
  }
});

test('a store that stalls is answered with 503 in time, and served again when it is back', async () => {
  await run('SET', 'before', 1);
  server.store.freeze();
  const begun = Date.now();
  const answers = await Promise.all([
    ask(url, { body: ['GET', 'before'] }),
    ask(`${url}/pipeline`, {
      body: [
        ['GET', 'before'],
        ['KEYS', '*'],
      ],
    }),
    ask(`${url}/multi-exec`, { body: [['GET', 'before']] }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503],
  );
  for (const { body } of answers) assert.match(body.error, /^ERR .*store/);
  assert.ok(Date.now() - begun < 15_000);
  server.store.thaw();
  const deadline = Date.now() + 20_000;
  while ((await ask(url, { body: ['GET', 'before'] })).body.result !== '1') {
    assert.ok(Date.now() < deadline, 'the store is not served again');
  }
});

test('functions are of their namespace, and so is what they reach', async () => {
  const code = `#!lua name=stock
local function kept(keys, args)
  redis.call('SET', 'made:' .. keys[1], args[1])
  return {keys[1], redis.call('GET', 'made:' .. keys[1]), redis.call('EXISTS', keys[1])}
end
redis.register_function('kept', kept)
redis.register_function{function_name = 'fails', callback = function() return redis.call('FLUSHALL') end}
redis.register_function{function_name = 'reads', flags = {'no-writes'},
  callback = function(keys) return redis.call('GET', keys[1]) end}`;
  assert.equal(await run('FUNCTION', 'LOAD', code), 'stock');
  assert.match((await run('FUNCTION', 'LOAD', code)).error, /^ERR Library 'stock' already exists$/);
  assert.equal(await run('FUNCTION', 'LOAD', 'REPLACE', code), 'stock');
  assert.deepEqual(await run('FCALL', 'kept', 1, 'f', 'v'), ['f', 'v', 0]);
  assert.equal(await run('GET', 'made:f'), 'v');
  assert.equal(await run('FCALL_RO', 'reads', 1, 'made:f'), 'v');
  assert.match((await run('FCALL', 'fails', 0)).error, /not allowed from script/);
  assert.match((await run('FCALL', 'absent', 0)).error, /^ERR Function not found/);
  const [library, ...others] = await run('FUNCTION', 'LIST', 'WITHCODE');
  assert.deepEqual(others, []);
  assert.equal(library[library.indexOf('library_name') + 1], 'stock');
  assert.equal(library[library.indexOf('library_code') + 1], code);
  assert.doesNotMatch(JSON.stringify(library), /larder/);

  const other = async (...command) =>
    (await ask(`${server.url}/redis/other`, { body: command })).body;
  assert.deepEqual((await other('FUNCTION', 'LIST')).result, []);
  assert.match((await other('FCALL', 'kept', 1, 'f', 'v')).error, /^ERR Function not found/);
  assert.equal((await other('FUNCTION', 'LOAD', code)).result, 'stock');
  assert.equal((await other('FUNCTION', 'DELETE', 'stock')).result, 'OK');
  assert.deepEqual(await run('FCALL', 'kept', 1, 'f', 'w'), ['f', 'w', 0]);

  assert.match((await run('FUNCTION', 'LOAD', "#!lua 'name=x'\n")).error, /^ERR Invalid library/);
  assert.match((await run('FUNCTION', 'LOAD', 'return 1')).error, /^ERR Missing library metadata/);
  assert.match((await run('FUNCTION', 'FLUSH')).error, /all namespaces/);
  assert.equal(await run('FUNCTION', 'DELETE', 'stock'), 'OK');
  assert.deepEqual(await run('FUNCTION', 'LIST'), []);
});
