import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { Traffic } from './support/traffic.mjs';
import { until, untilAged } from './support/until.mjs';

/** Milliseconds an outage may add to a visit that finds nothing cached. */
const allowance = 1000;

describe('A server that fails never breaks a page', () => {
  const fleet = Fleet.ofSuite('e2e-outage', { delay: 100 });
  let unknownId = 1000;

  before(() => Promise.all([fleet.a, fleet.b].flatMap((one) => [one.product(36), one.page('/')])));

  fleet.test('killed in the middle of traffic, it is missed by nobody, and shared again when it is back', async (t) => {
    const { larder } = fleet;
    const normal = await slowestUncached();
    const traffic = visitors();
    try {
      await more(traffic);
      await larder.kill();
      await more(traffic);
      await larder.start();
      await sharedAgain();
      await more(traffic);
    } finally {
      await traffic.stop();
    }
    bounded(t, traffic, normal);
  });

  fleet.test('frozen for seconds, it is missed by nobody, and shared again when it thaws', async (t) => {
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
      await sharedAgain();
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
    fleet.test(`who waits for another instance when the server ${fails} generates by himself`, async () => {
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
      await sharedAgain();
    });
  }

  fleet.test('what was invalidated before a kill is not served after it', async () => {
    const { a, b, origin, larder, namespace } = fleet;
    const form = await a.priceForm(2);
    for (let round = 0; round < 3; round++) {
      const old = await Promise.all([a.product(1), a.product(2), b.product(3)]);
      for (const { id, price } of [old[0], old[2]]) await origin.setPrice(id, price + 1);
      const edited = form.call(old[1].price + 1);
      await larder.invalidate(namespace, ['product:1', 'product:3']);
      assert.equal((await edited).status, 200);
      await larder.kill();
      await larder.start();
      await sharedAgain();
      for (const { id, price } of old) {
        const [onA, onB] = await Promise.all([a.product(id), b.product(id)]);
        assert.equal(onA.price, price + 1);
        assert.equal(onB.price, price + 1);
      }
    }
  });

  fleet.test('what was cached before a kill is a hit after it', async () => {
    const { a, b, origin, larder } = fleet;
    const before = await a.product(4);
    assert.equal((await b.product(4)).generatedAt, before.generatedAt);
    await larder.kill();
    await larder.start();
    await sharedAgain();
    assert.equal((await b.product(4)).generatedAt, before.generatedAt);
    assert.equal(await origin.asked('product:4'), 1);
  });

  fleet.test('an edit that cannot be invalidated is answered with an error', async () => {
    const { a, b, larder } = fleet;
    const [byForm, byAction] = await Promise.all([a.priceForm(5), b.priceForm(6)]);
    await larder.kill();
    const answers = await Promise.all([byForm.post(2000), byAction.call(2000)]).finally(() =>
      larder.start(),
    );
    for (const { status, ms } of answers) {
      assert.equal(status, 500);
      assert.ok(ms < 10_000, `it took ${ms} ms`);
    }
    await sharedAgain();
    assert.equal((await byForm.post(2001)).status, 200);
    assert.equal((await byAction.call(2001)).status, 200);
    assert.equal((await b.product(5)).price, 2001);
    assert.equal((await a.product(6)).price, 2001);
  });

  fleet.test('an edit made while the server is away succeeds when it returns in time', async () => {
    const { a, b, larder } = fleet;
    const old = await b.product(9);
    const form = await a.priceForm(9);
    await larder.kill();
    const edited = form.call(old.price + 1);
    await larder.start();
    assert.equal((await edited).status, 200);
    await sharedAgain();
    assert.equal((await b.product(9)).price, old.price + 1);
    assert.equal((await a.product(9)).price, old.price + 1);
  });

  fleet.test('restarted with an emptied data directory, it serves nothing from before', async () => {
    const { a, b, origin, larder } = fleet;
    const form = await b.priceForm(8);
    const old = await Promise.all([a.product(7), b.product(8)]);
    for (const { id, price } of old) await origin.setPrice(id, price + 1);
    await larder.kill();
    larder.forget();
    await larder.start();
    await sharedAgain();
    for (const { id, price } of old) {
      assert.equal((await b.product(id)).price, price + 1);
      assert.equal((await a.product(id)).price, price + 1);
      assert.equal(await origin.asked(`product:${id}`), 2);
    }
    assert.equal((await form.call(old[1].price + 2)).status, 200);
    assert.equal((await a.product(8)).price, old[1].price + 2);
  });

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

  /** Waits until what one instance generates is a hit on the other, both ways. */
  async function sharedAgain() {
    const { a, b, origin } = fleet;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      await until(`${to.name} finds what ${from.name} generated`, async () => {
        const id = unknownId++;
        for (const instance of [from, to]) await instance.ask(`/api/product/${id}`);
        return (await origin.asked(`product:${id}`)) === 1;
      });
    }
  }
});
