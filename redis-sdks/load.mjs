// One process that uses the SDKs as an app does, for the benchmark: told what to do, it does it one after the
// other for some milliseconds and tells how long each took.
import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';

const value = 'v'.repeat(1024);

/** What is measured, by name: prepared for a server, which may keep nothing, it is called again and again. */
const WORK = {
  async get(redis, keeps) {
    if (keeps) await redis.set('value', value);
    return async () => {
      if ((await redis.get('value')).length !== value.length) throw new Error('another value');
    };
  },
  async pipeline(redis, keeps) {
    if (keeps) await redis.set('value', value);
    return async () => {
      const pipeline = redis.pipeline();
      for (let i = 0; i < 50; i++) pipeline.get('value');
      if ((await pipeline.exec()).length !== 50) throw new Error('not all of them');
    };
  },
  async limit(redis) {
    const limit = new Ratelimit({
      redis,
      limiter: Ratelimit.slidingWindow(1_000_000_000, '600 s'),
      ephemeralCache: false,
      timeout: 0,
    });
    return async () => {
      if (!(await limit.limit('somebody')).success) throw new Error('refused');
    };
  },
};

process.on('message', async ({ url, token, work, keeps, warmUp, window }) => {
  try {
    const redis = new Redis({ url, token, enableTelemetry: false, retry: false });
    const step = await WORK[work](redis, keeps);
    for (const until = performance.now() + warmUp; performance.now() < until;) await step();
    const took = [];
    const until = performance.now() + window;
    for (let now = performance.now(); now < until;) {
      await step();
      const then = performance.now();
      took.push(then - now);
      now = then;
    }
    took.sort((one, other) => one - other);
    process.send({ p50: took[took.length >> 1], perSecond: (took.length * 1000) / window });
  } catch (error) {
    process.send({ error: String(error) });
  }
});
