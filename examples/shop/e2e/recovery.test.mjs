import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { until } from '@larder/harness/until';
import { Fleet, patientSettings } from './support/fleet.mjs';
import { PriceWatch } from './support/price-watch.mjs';
import { Traffic } from './support/traffic.mjs';

describe('A server that comes back', () => {
  // A process that was not reached by an edit before an outage serves what it knew for as long as its
  // bound allows; without one, nothing that is older than a done edit is ever seen.
  const settings = { ...patientSettings, LARDER_OUTAGE_STALENESS: '0' };
  const fleet = Fleet.ofSuite('e2e-recovery', { delay: 100, settings });

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
      await fleet.sharing();
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
    await fleet.sharing();
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
    await fleet.sharing();
    assert.equal((await byForm.post(2001)).status, 200);
    assert.equal((await byAction.call(2001)).status, 200);
    assert.equal((await b.product(5)).price, 2001);
    assert.equal((await a.product(6)).price, 2001);
  });

  fleet.test('an edit on an instance that has not found it again succeeds', async () => {
    const { a, b, larder } = fleet;
    const old = await b.product(9);
    const form = await a.priceForm(9);
    await larder.kill();
    await a.product(9);
    await larder.start();
    assert.equal((await form.call(old.price + 1)).status, 200);
    await fleet.sharing();
    assert.equal((await b.product(9)).price, old.price + 1);
    assert.equal((await a.product(9)).price, old.price + 1);
  });

  fleet.test('an edit made while the server is frozen succeeds when it thaws in time', async () => {
    const { a, b, larder } = fleet;
    const old = await b.product(10);
    const form = await a.priceForm(10);
    larder.freeze();
    const edited = form.call(old.price + 1);
    await a.product(10);
    larder.thaw();
    assert.equal((await edited).status, 200);
    assert.equal((await b.product(10)).price, old.price + 1);
    assert.equal((await a.product(10)).price, old.price + 1);
  });

  fleet.test('restarted with an emptied data directory it serves nothing old', async () => {
    const { a, b, origin, larder } = fleet;
    const form = await b.priceForm(8);
    const old = await Promise.all([a.product(7), b.product(8)]);
    for (const { id, price } of old) await origin.setPrice(id, price + 1);
    await larder.kill();
    larder.forget();
    await larder.start();
    await fleet.sharing();
    for (const { id, price } of old) {
      assert.equal((await b.product(id)).price, price + 1);
      assert.equal((await a.product(id)).price, price + 1);
      assert.equal(await origin.asked(`product:${id}`), 2);
    }
    assert.equal((await form.call(old[1].price + 2)).status, 200);
    assert.equal((await a.product(8)).price, old[1].price + 2);
  });

  fleet.test('whatever happens to it, nobody sees a price older than a done edit', async () => {
    const { a, b, origin, larder } = fleet;
    await origin.takes(20);
    const watch = new PriceWatch(await a.product(11));
    const forms = [await a.priceForm(11), await b.priceForm(11)];
    const traffic = new Traffic(watch.readers([a, b]));
    let typed = watch.price;
    let succeeded = 0;
    const shopkeeper = new Traffic({
      'the shopkeeper': async () => {
        const price = ++typed;
        const form = forms[price % 2];
        const { status } = await (price % 4 < 2 ? form.post(price) : form.call(price));
        assert.ok(status === 200 || status === 500, `an edit was answered with ${status}`);
        if (status === 200) watch.edited(price);
        if (status === 200) succeeded++;
      },
    });
    const more = (edits, visits) => {
      const [enough, plenty] = [succeeded + edits, traffic.count + visits];
      const gone = () => succeeded >= enough && traffic.count >= plenty;
      return until(`${edits} more edits, ${visits} more visits`, gone, { within: 20_000 });
    };
    try {
      for (let round = 0; round < 2; round++) {
        await more(4, 10);
        await larder.kill();
        await more(0, 20);
        await larder.start();
        await more(4, 10);
        larder.freeze();
        await more(0, 20);
        larder.thaw();
      }
      await more(4, 10);
    } finally {
      larder.thaw();
      await shopkeeper.stop();
      await traffic.stop();
    }
    shopkeeper.slowest();
    traffic.slowest();
    for (const instance of [a, b]) assert.ok((await watch.readRoute(instance)) <= typed);
  });
});
