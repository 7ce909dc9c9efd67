import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { until, untilAged } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { generations, priceOn } from './support/instance.mjs';

describe('A fleet generates once, however many ask', () => {
  const fleet = Fleet.ofSuite('e2e-single-flight', { delay: 1000 });

  /** Twenty concurrent answers of each instance. */
  function crowd(visit) {
    return Promise.all(
      Array.from({ length: 40 }, (_, i) => visit(i % 2 === 0 ? fleet.a : fleet.b)),
    );
  }

  before(() => Promise.all([fleet.a, fleet.b].map((one) => one.page('/product/36'))));

  fleet.test('twenty cold requests on each of two instances are one generation', async () => {
    const answers = await crowd((instance) => instance.product(1));
    assert.equal(generations(answers).size, 1);
    assert.equal(await fleet.origin.asked('product:1'), 1);
  });

  fleet.test('twenty cold pages on each of two instances are one generation', async () => {
    const prices = await crowd(async (instance) => priceOn(await instance.page('/product/2')));
    assert.equal(new Set(prices).size, 1);
    assert.equal(await fleet.origin.asked('product:2'), 1);
    assert.equal(await fleet.origin.asked('category:preserves'), 1);
  });

  fleet.test('an entry grown stale is served to all and refreshed once', async () => {
    const { a, origin } = fleet;
    const old = await a.stock(3);
    await origin.setStock(3, old.stock + 1);
    await untilAged(old, 2100);
    const answers = await crowd((instance) => instance.stock(3));
    const both = await refreshed((instance) => instance.stock(3), old);
    assert.equal(await origin.asked('stock:3'), 2);
    const stale = answers.filter(({ generatedAt }) => generatedAt === old.generatedAt);
    assert.ok(stale.length > answers.length / 2, `${stale.length} were served the stale entry`);
    assert.equal(generations([old, ...answers, ...both]).size, 2);
    for (const { stock } of both) assert.equal(stock, old.stock + 1);
  });

  fleet.test('an entry made stale by a tag is served to all and refreshed once', async () => {
    const { a, b, origin } = fleet;
    const old = await b.product(4);
    await origin.setPrice(4, old.price + 1);
    await origin.takes(3000);
    await a.webhook({ tag: 'product:4' });
    const waves = [];
    const refreshing = async () => (await origin.asked('product:4')) > 1;
    for (let wave = 0; wave < 20 && !(await refreshing()); wave++) {
      waves.push(...(await crowd((instance) => instance.product(4))));
    }
    waves.push(...(await crowd((instance) => instance.product(4))));
    assert.deepEqual(generations(waves), generations([old]));
    for (const { ms } of waves) assert.ok(ms < 2000, `an answer took ${ms} ms`);
    const both = await refreshed((instance) => instance.product(4), old);
    for (const { price } of both) assert.equal(price, old.price + 1);
    assert.equal(generations(both).size, 1);
    assert.equal(await origin.asked('product:4'), 2);
  });

  fleet.test('when the instance that generates dies, one other takes over', async () => {
    const { a, b, origin } = fleet;
    await origin.takes(2000);
    const lost = a.product(5).catch((error) => error);
    await until('A asks the origin', async () => (await origin.asked('product:5')) === 1);
    const followers = Promise.all(Array.from({ length: 20 }, () => b.product(5)));
    await a.kill();
    assert.ok((await lost) instanceof Error);
    assert.equal(generations(await followers).size, 1);
    assert.equal(await origin.asked('product:5'), 2);
    await a.start();
    assert.equal((await a.product(5)).generatedBy, 'B');
    assert.equal(await origin.asked('product:5'), 2);
  });

  /** What both instances answer once neither answers with `old` any more. */
  async function refreshed(visit, old) {
    return until('the refreshed entry is on both instances', async () => {
      const both = await Promise.all([fleet.a, fleet.b].map(visit));
      return both.every(({ generatedAt }) => generatedAt !== old.generatedAt) && both;
    });
  }
});
