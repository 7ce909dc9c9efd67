import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { generations } from './support/instance.mjs';

/** The environment of an instance that may be frozen between requests. */
const serverless = { K_SERVICE: 'shop' };
const overHttp = { LARDER_TRANSPORT: 'http' };

describe('Instances without a connection are one fleet, also with one that keeps one', () => {
  const fleet = Fleet.ofSuite('e2e-serverless', { names: [], delay: 300 });
  let a, b, connected;

  before(() =>
    fleet.explained(async () => {
      [a, b, connected] = await Promise.all([
        fleet.join('A', {}, serverless),
        fleet.join('B', {}, overHttp),
        fleet.join('connected'),
      ]);
      await Promise.all([a, b, connected].map((instance) => instance.product(36)));
    }),
  );

  fleet.test('what one generates is a hit on all others', async () => {
    const { origin } = fleet;
    for (const [id, ...instances] of [
      [1, a, b, connected],
      [2, b, connected, a],
      [3, connected, a, b],
    ]) {
      const reads = [];
      for (const instance of instances) reads.push(await instance.product(id));
      assert.equal(reads[0].generatedBy, instances[0].name);
      assert.equal(generations(reads).size, 1);
      assert.equal(await origin.asked(`product:${id}`), 1);
    }
    assert.match(a.transcript, /connected to .*, over HTTP/);
    assert.match(b.transcript, /connected to .*, over HTTP/);
    assert.doesNotMatch(connected.transcript, /over HTTP/);
  });

  fleet.test('ten cold requests on each of them are one generation', async () => {
    const crowd = Array.from({ length: 30 }, (_, n) => [a, b, connected][n % 3].product(4));
    assert.equal(generations(await Promise.all(crowd)).size, 1);
    assert.equal(await fleet.origin.asked('product:4'), 1);
  });

  fleet.test('an edit on one is seen by all others as soon as it is answered', async () => {
    const instances = [a, b, connected];
    const forms = await Promise.all(instances.map((instance) => instance.priceForm(5)));
    for (let edit = 0; edit < 6; edit++) {
      const price = 5000 + edit;
      const { status } = await forms[edit % 3][edit % 2 ? 'post' : 'call'](price);
      assert.equal(status, 200);
      const reads = await Promise.all(
        instances.map((instance, n) =>
          (n + edit) % 2 ? instance.product(5).then((read) => read.price) : instance.pagePrice(5),
        ),
      );
      assert.deepEqual(reads, [price, price, price]);
    }
  });

  fleet.test(
    'one that is frozen between requests misses nothing, and holds nobody up',
    async () => {
      const form = await connected.priceForm(6);
      await Promise.all([a, b, connected].map((instance) => instance.product(6)));
      a.freeze();
      try {
        await form.call(6001);
        const [onB, page] = await Promise.all([b.product(6), connected.pagePrice(6)]);
        assert.deepEqual([onB.price, page], [6001, 6001]);
        await form.call(6002);
      } finally {
        a.thaw();
      }
      assert.equal((await a.product(6)).price, 6002);
      assert.equal(await a.pagePrice(6), 6002);
      assert.equal(await fleet.origin.asked('product:6'), 3);
    },
  );
});
