import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '@larder/harness/until';
import { Redis as Client } from '@upstash/redis';
import { Ratelimit } from '@upstash/ratelimit';
import { over, startedServer, token } from './server.mjs';

over.store = 'sentinel';

let server;
let redis;
before(async () => {
  server = await startedServer(['--redis-timeout', '500']);
  redis = new Client({ url: `${server.url}/redis/shop`, token, retry: false });
});
after(() => server.stopAll());

test('the SDKs are served by the master that the sentinel names', async () => {
  assert.equal(await redis.set('kept', { price: 3 }), 'OK');
  assert.deepEqual(await redis.pipeline().get('kept').incr('n').exec(), [{ price: 3 }, 1]);
  const transaction = redis.multi().incr('n').incr('n');
  assert.deepEqual(await transaction.exec(), [2, 3]);
  const limit = new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(1, '60 s') });
  assert.equal((await limit.limit('visitor')).success, true);
  assert.equal((await limit.limit('visitor')).success, false);
});

test('when it ends the replica takes its place, with what it was given', async () => {
  await redis.set('last', 'words');
  // What the replica has not heard of is lost with its master.
  assert.match(await server.store.run('WAIT', '1', '5000'), /1/);
  await server.store.kill();
  await until(
    'the replica is asked',
    () =>
      redis.set('after', 'it').then(
        (answer) => answer === 'OK',
        () => false,
      ),
    { within: 30_000 },
  );
  assert.deepEqual(await redis.mget('kept', 'last', 'after'), [{ price: 3 }, 'words', 'it']);
});
