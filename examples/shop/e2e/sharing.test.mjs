import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { blocksOf } from './support/instance.mjs';

describe('A fleet that has just started', () => {
  const fleet = Fleet.ofSuite('e2e-start', { settings: {} });

  fleet.test('the first readers of all, one on each instance, cause one generation', async () => {
    const { a, b, origin } = fleet;
    const [onA, onB] = await Promise.all([a.product(1), b.product(1)]);
    assert.equal(onA.generatedAt, onB.generatedAt);
    assert.equal(await origin.asked('product:1'), 1);
  });
});

describe('Two instances share what they generate', () => {
  const fleet = Fleet.ofSuite('e2e-sharing');

  fleet.test('an entry generated on A is a hit on B', async () => {
    const { a, b, origin } = fleet;
    const generated = await a.product(2);
    const found = await b.product(2);
    assert.equal(generated.instance, 'A');
    assert.equal(found.instance, 'B');
    assert.equal(found.generatedBy, 'A');
    assert.equal(found.generatedAt, generated.generatedAt);
    assert.equal(await origin.asked('product:2'), 1);
  });

  fleet.test('an entry generated on B is a hit on A', async () => {
    const { a, b, origin } = fleet;
    const generated = await b.product(3);
    const found = await a.product(3);
    assert.equal(found.generatedBy, 'B');
    assert.equal(found.generatedAt, generated.generatedAt);
    assert.equal(await origin.asked('product:3'), 1);
  });

  fleet.test('whole pages rendered on A cost B no query', async () => {
    const { a, b, origin } = fleet;
    for (const path of ['/', '/category/tea', '/product/13']) {
      const generated = blocksOf(await a.page(path));
      const before = await lasting(origin);
      const found = blocksOf(await b.page(path));
      assert.ok(Object.keys(found).length > 0);
      assert.deepEqual(found, generated);
      assert.deepEqual(await lasting(origin), before);
    }
  });

  fleet.test('a product that does not exist is remembered as well', async () => {
    const { a, b, origin } = fleet;
    assert.equal((await a.ask('/api/product/999')).status, 404);
    assert.equal((await b.ask('/api/product/999')).status, 404);
    assert.equal(await origin.asked('product:999'), 1);
  });
});

/** The queries for everything but stock levels, which are allowed to change every two seconds. */
async function lasting(origin) {
  const queries = await origin.queries();
  return Object.fromEntries(Object.entries(queries).filter(([name]) => !/^stock:/.test(name)));
}
