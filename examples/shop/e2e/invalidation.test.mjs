import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { until, untilAged } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { PriceWatch } from './support/price-watch.mjs';
import { Traffic } from './support/traffic.mjs';

const edits = 50;

describe('An invalidation is true on both instances', () => {
  const fleet = Fleet.ofSuite('e2e-invalidation', { delay: 200 });

  before(() => Promise.all([fleet.a, fleet.b].flatMap((one) => [one.product(36), one.page('/')])));

  fleet.test('after an edit was answered no request sees the price before it', async () => {
    const { a, b, origin } = fleet;
    await origin.takes(20);
    const instances = [a, b];
    const forms = await Promise.all(instances.map((instance) => instance.priceForm(1)));
    const elsewhere = await Promise.all(instances.map((instance) => instance.priceForm(20)));
    const watch = new PriceWatch(await a.product(1));
    const traffic = new Traffic(watch.readers(instances));
    try {
      for (let i = 0; i < edits; i++) {
        const price = watch.price + 1;
        const ways = [
          () => forms[i % 2].post(price),
          () => forms[i % 2].call(price),
          () => elsewhere[i % 2].call(price, 1),
        ];
        const { status } = await ways[i % 3]();
        assert.equal(status, 200);
        watch.edited(price);
        const other = instances[(i + 1) % 2];
        await (i % 4 === 0 ? watch.readPage(other) : watch.readRoute(other));
      }
    } finally {
      await traffic.stop();
      await origin.takes(200);
    }
    traffic.slowest();
    assert.ok(traffic.count > edits);
  });

  fleet.test('an edit reaches the lists that show the product', async () => {
    const { a, b } = fleet;
    const form = await a.priceForm(2);
    await Promise.all([b.page('/'), b.page('/category/preserves')]);
    await form.call(4321);
    assert.equal(await shown(b, '/', 2), '€43.21');
    assert.equal(await shown(b, '/category/preserves', 2), '€43.21');
  });

  for (const way of ['post', 'call']) {
    const how = way === 'post' ? 'without JavaScript' : 'by a Server Action';
    const id = way === 'post' ? 3 : 4;

    fleet.test(`an edit ${how} shows its price, and costs exactly one generation`, async () => {
      const { a, b, origin } = fleet;
      const form = await a.priceForm(id);
      await b.product(id);
      assert.equal(await origin.asked(`product:${id}`), 1);
      const { status, text } = await form[way](1111 + id);
      assert.equal(status, 200);
      assert.ok(text.includes(`€11.1${1 + id}`), 'the answer shows the price');
      for (const instance of [b, a, b, a]) {
        assert.equal((await instance.product(id)).price, 1111 + id);
        assert.equal(await instance.pagePrice(id), 1111 + id);
      }
      assert.equal(await origin.asked(`product:${id}`), 2);
    });
  }

  fleet.test("revalidateTag(tag, 'max') serves stale, refreshes once, caches again", async () => {
    const { a, b, origin } = fleet;
    const old = await a.product(5);
    await origin.setPrice(5, old.price + 1);
    await origin.takes(2000);
    await b.webhook({ tag: 'product:5' });
    const seen = await readUntil(a, 5, old.price + 1);
    await origin.takes(200);
    assert.equal(seen.at(-2).price, old.price, 'the stale entry was served first');
    assert.equal(seen.at(-2).generatedAt, old.generatedAt);
    for (const { ms } of seen) assert.ok(ms < 1500, `a reader waited ${ms} ms`);
    await hitsFromNowOn(seen.at(-1));
    assert.equal(await origin.asked('product:5'), 2);
  });

  fleet.test('revalidateTag with expire 0 never serves the entry again', async () => {
    const { a, b, origin } = fleet;
    const old = await b.product(6);
    await origin.setPrice(6, old.price + 1);
    await b.webhook({ tag: 'product:6', expire: 0 });
    await until('A has the new price', async () => {
      const { price } = await a.product(6);
      assert.equal(await origin.asked('product:6'), price === old.price ? 1 : 2);
      return price !== old.price;
    });
    const fresh = await b.product(6);
    assert.equal(fresh.price, old.price + 1);
    await hitsFromNowOn(fresh);
    assert.equal(await origin.asked('product:6'), 2);
  });

  fleet.test('an entry refreshed after expire n outlives those n seconds', async () => {
    const { a, b, origin } = fleet;
    const old = await a.product(7);
    await a.webhook({ tag: 'product:7', expire: 1 });
    const fresh = await until('the entry is refreshed', async () => {
      const read = await b.product(7);
      return read.generatedAt !== old.generatedAt && read;
    });
    await untilAged(fresh, 1500);
    await hitsFromNowOn(fresh);
    assert.equal(await origin.asked('product:7'), 2);
  });

  fleet.test('an entry nobody refreshed in the n seconds of expire n is gone', async () => {
    const { a, b, origin } = fleet;
    const old = await a.product(8);
    await origin.setPrice(8, old.price + 1);
    await fleet.larder.invalidate(fleet.namespace, ['product:8'], 1);
    await untilAged({ generatedAt: new Date().toISOString() }, 1100);
    assert.equal((await b.product(8)).price, old.price + 1);
    assert.equal((await a.product(8)).price, old.price + 1);
    assert.equal(await origin.asked('product:8'), 2);
  });

  fleet.test('revalidatePath on A expires that page on both, and nothing else', async () => {
    const { a, b, origin } = fleet;
    const [changed, other] = await Promise.all([a.product(9), a.product(10)]);
    for (const instance of [a, b]) assert.equal(await instance.pagePrice(9), changed.price);
    await origin.setPrice(9, changed.price + 1);
    await a.revalidatePath('/product/9');
    await until('A shows the new price', async () => (await a.pagePrice(9)) > changed.price);
    assert.equal(await b.pagePrice(9), changed.price + 1);
    assert.equal(await origin.asked('product:9'), 2);
    await hitsFromNowOn(other);
    assert.equal(await origin.asked('product:10'), 1);
  });

  fleet.test("revalidatePath('/', 'layout') expires everything on both", async () => {
    const { a, b, origin } = fleet;
    const old = await a.product(11);
    await b.product(11);
    await origin.setPrice(11, old.price + 1);
    await b.revalidatePath('/', 'layout');
    await until('B has the new price', async () => (await b.product(11)).price > old.price);
    assert.equal((await a.product(11)).price, old.price + 1);
    assert.equal(await origin.asked('product:11'), 2);
  });

  fleet.test('what was being generated during an invalidation is not kept', async () => {
    const { a, b, origin, larder, namespace } = fleet;
    await origin.takes(1000);
    const generating = b.product(13);
    await until('B generates', async () => (await origin.asked('product:13')) === 1);
    await larder.invalidate(namespace, ['product:13']);
    const outdated = await generating;
    await origin.takes(200);
    const both = await Promise.all([a.product(13), b.product(13)]);
    for (const { generatedAt } of both) assert.notEqual(generatedAt, outdated.generatedAt);
    assert.equal(both[0].generatedAt, both[1].generatedAt);
    await hitsFromNowOn(both[0]);
    assert.equal(await origin.asked('product:13'), 2);
  });

  fleet.test('an invalidation over HTTP is true on both as soon as it is answered', async () => {
    const { a, b, origin, larder, namespace } = fleet;
    const old = await a.product(12);
    await b.product(12);
    await origin.setPrice(12, old.price + 1);
    await larder.invalidate(namespace, ['product:12']);
    const both = await Promise.all([a.product(12), b.product(12)]);
    for (const { price } of both) assert.equal(price, old.price + 1);
    assert.equal(await origin.asked('product:12'), 2);
  });

  /** Reads a product again and again until it has a price; all that was read. */
  async function readUntil(instance, id, price) {
    const reads = [];
    return until(`product ${id} costs ${price} on ${instance.name}`, async () => {
      reads.push(await instance.product(id));
      return reads.at(-1).price === price && reads;
    });
  }

  /** Nobody generates what was read once more, however often it is asked for. */
  async function hitsFromNowOn({ id, generatedAt }) {
    for (const instance of [fleet.a, fleet.b, fleet.a, fleet.b]) {
      assert.equal((await instance.product(id)).generatedAt, generatedAt);
    }
  }
});

/** What a list shows of one product. */
async function shown(instance, path, id) {
  const card = new RegExp(`<a href="/product/${id}">[^]*?card-price">([^<]*)<`);
  return card.exec(await instance.page(path))?.[1] ?? 'nothing';
}
