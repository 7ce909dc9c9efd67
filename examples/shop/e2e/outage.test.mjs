import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { until, untilAged } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { Traffic } from './support/traffic.mjs';

/** Milliseconds an outage may add to a visit that finds nothing cached. */
const allowance = 1000;

describe('A server that fails never breaks a page', () => {
  const fleet = Fleet.ofSuite('e2e-outage', { delay: 100, settings: {} });

  before(() => Promise.all([fleet.a, fleet.b].flatMap((one) => [one.product(36), one.page('/')])));

  fleet.test('killed under traffic it is missed by nobody and found again', async (t) => {
    const { larder } = fleet;
    const normal = await slowestUncached();
    const traffic = visitors();
    try {
      await more(traffic);
      await larder.kill();
      await more(traffic);
      await larder.start();
      await fleet.sharing();
      await more(traffic);
    } finally {
      await traffic.stop();
    }
    bounded(t, traffic, normal);
  });

  fleet.test('frozen for seconds it is missed by nobody and found again', async (t) => {
    const { larder } = fleet;
    const normal = await slowestUncached();
    const traffic = visitors();
    try {
      await more(traffic);
      const frozenAt = new Date().toISOString();
      larder.freeze();
      await more(traffic);
      await untilAged({ generatedAt: frozenAt }, 4000);
      larder.thaw();
      await fleet.sharing();
      await more(traffic);
    } finally {
      larder.thaw();
      await traffic.stop();
    }
    bounded(t, traffic, normal);
  });

  const failures = {
    dies: { id: 10, begin: (larder) => larder.kill(), end: (larder) => larder.start() },
    freezes: { id: 11, begin: (larder) => larder.freeze(), end: (larder) => larder.thaw() },
  };
  for (const [fails, { id, begin, end }] of Object.entries(failures)) {
    fleet.test(`who waits for another instance when it ${fails} generates alone`, async () => {
      const { a, b, origin, larder } = fleet;
      const generation = 1500;
      await b.product(36);
      await origin.takes(generation);
      const leader = a.product(id);
      await until('A generates', async () => (await origin.asked(`product:${id}`)) === 1);
      const follower = b.product(id);
      await b.product(36);
      const began = performance.now();
      await begin(larder);
      try {
        await follower;
        const waited = performance.now() - began;
        assert.ok(waited < generation + allowance, `the follower was held for ${waited} ms`);
        assert.equal((await leader).generatedBy, 'A');
        assert.equal((await follower).generatedBy, 'B');
        assert.equal(await origin.asked(`product:${id}`), 2);
      } finally {
        await end(larder);
        await origin.takes(100);
      }
      await fleet.sharing();
    });
  }

  /** Visitors of pages and routes on both instances. */
  function visitors() {
    const visits = [fleet.a, fleet.b].flatMap((instance) => [
      [`a reader of stock on ${instance.name}`, () => instance.stock(14)],
      [`a reader of a product on ${instance.name}`, () => instance.product(15)],
      [`a reader of a page on ${instance.name}`, () => instance.page('/product/16')],
    ]);
    return new Traffic(Object.fromEntries(visits));
  }

  /** Waits until traffic has gone on for a good while. */
  function more(traffic) {
    const enough = traffic.count + 60;
    return until('60 more visits', () => traffic.count >= enough, { within: 30_000 });
  }

  /** The longest a visit takes that finds nothing in the cache. */
  async function slowestUncached() {
    await fleet.larder.invalidate(fleet.namespace, ['products', 'stock', 'categories']);
    const traffic = visitors();
    await until('everybody has been there', () => traffic.count >= 6);
    await traffic.stop();
    return traffic.slowest();
  }

  function bounded(t, traffic, normal) {
    const slowest = traffic.slowest();
    t.diagnostic(
      `${traffic.count} visits, the slowest took ${Math.round(slowest)} ms; ` +
        `uncached, without an outage: ${Math.round(normal)} ms`,
    );
    assert.ok(slowest < normal + allowance, `a visit took ${slowest} ms, normal is ${normal} ms`);
  }
});
