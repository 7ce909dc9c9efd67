import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from '@upstash/redis';
import { startedServer, token } from './server.mjs';

/* Commands of which some are not in Redis 7.0: what the SDK makes of the engine's answers. */

let server;
let redis;

before(async () => {
  server = await startedServer();
  redis = new Redis({
    url: `${server.url}/redis/commands`,
    token,
    enableTelemetry: false,
    retry: false,
    enableAutoPipelining: false,
  });
});
after(() => server.stopAll());

test('streams: what a group reads is delivered once, and claimed by another', async () => {
  await redis.xadd('jobs', '*', { job: 'a' });
  await redis.xadd('jobs', '*', { job: 'b' });
  await redis.xgroup('jobs', { type: 'CREATE', group: 'workers', id: '0' });
  const [[key, entries]] = await redis.xreadgroup('workers', 'one', 'jobs', '>', { count: 1 });
  assert.equal(key, 'jobs');
  assert.deepEqual(entries[0][1], ['job', 'a']);
  const [id] = entries[0];
  const claimed = await redis.xclaim('jobs', 'workers', 'two', 0, id);
  assert.equal(claimed[0][0], id);
  assert.equal(await redis.xack('jobs', 'workers', id), 1);
  assert.equal((await redis.xpending('jobs', 'workers', '-', '+', 10)).length, 0);
  const read = await redis.xread('jobs', id);
  assert.deepEqual(read[0][1][0][1], ['job', 'b']);
});

test('bitmaps, estimates and places', async () => {
  await redis.setbit('bits', 7, 1);
  assert.equal(await redis.bitpos('bits', 1), 7);
  assert.deepEqual(await redis.bitfield('bits').get('u8', 0).incrby('u8', 0, 4).exec(), [1, 5]);
  await redis.bitop('not', 'inverted', 'bits');
  assert.equal(await redis.bitcount('inverted'), 6);
  await redis.pfadd('visitors', 'a', 'b', 'a');
  await redis.pfmerge('all', 'visitors', 'nobody');
  assert.equal(await redis.pfcount('all'), 2);
  await redis.geoadd(
    'cities',
    { longitude: 13.361389, latitude: 38.115556, member: 'Palermo' },
    { longitude: 15.087269, latitude: 37.502669, member: 'Catania' },
  );
  assert.equal(await redis.geodist('cities', 'Palermo', 'Catania', 'KM'), 166.2742);
  assert.deepEqual(await redis.geohash('cities', 'Palermo'), ['sqc8b49rny0']);
  const near = await redis.geosearch(
    'cities',
    { type: 'FROMLONLAT', coordinate: { lon: 15, lat: 37 } },
    { type: 'BYRADIUS', radius: 200, radiusType: 'KM' },
    'ASC',
  );
  assert.deepEqual(
    near.map(({ member }) => member),
    ['Catania', 'Palermo'],
  );
});

test('fields of hashes expire', async () => {
  await redis.hset('session', { user: 'u', otp: '1' });
  assert.deepEqual(await redis.hexpire('session', ['otp'], 60), [1]);
  assert.deepEqual(await redis.httl('session', ['otp', 'user', 'none']), [60, -1, -2]);
  assert.deepEqual(await redis.hpersist('session', 'otp'), [1]);
  assert.deepEqual(await redis.hgetdel('session', 'otp'), { otp: 1 });
  assert.equal(await redis.hexists('session', 'otp'), 0);
});

test('documents of JSON', async () => {
  const shop = { name: 'shop', stock: [{ id: 1, count: 3 }], open: true };
  assert.equal(await redis.json.set('json', '$', shop), 'OK');
  assert.deepEqual(await redis.json.get('json'), shop);
  assert.deepEqual(await redis.json.get('json', '$.stock[?(@.id==1)].count'), [3]);
  assert.deepEqual(await redis.json.numincrby('json', '$.stock[0].count', 2), [5]);
  assert.deepEqual(await redis.json.arrappend('json', '$.stock', { id: 2, count: 0 }), [2]);
  assert.deepEqual(await redis.json.toggle('json', '$.open'), [0]);
  assert.deepEqual(await redis.json.type('json', '$.name'), ['string']);
  assert.deepEqual(await redis.json.objkeys('json', '$'), [['name', 'stock', 'open']]);
  assert.equal(await redis.json.merge('json', '$', { name: null }), 'OK');
  assert.deepEqual(await redis.json.mget(['json', 'none'], '$.stock[*].id'), [[1, 2], null]);
  assert.equal(await redis.json.del('json', '$.stock[0]'), 1);
});

test('functions are loaded, listed and called', async () => {
  const code = `#!lua name=counters
redis.register_function('bump', function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end)`;
  assert.equal(await redis.functions.load({ code, replace: true }), 'counters');
  assert.equal(await redis.functions.call('bump', ['bumped'], ['3']), 3);
  const [library] = await redis.functions.list({ libraryName: 'counters' });
  assert.equal(library.libraryName, 'counters');
  assert.equal(await redis.functions.delete('counters'), 'OK');
});
