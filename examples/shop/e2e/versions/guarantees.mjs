import assert from 'node:assert/strict';
import { until, untilAged } from '@larder/harness/until';
import { generations, priceOn } from '../support/instance.mjs';
import { Traffic } from '../support/traffic.mjs';

/**
 * What must hold on every version of Next.js, by its name. Each is shown on its own products, and
 * rejects when it does not hold.
 *
 * @type {Record<string, (fleet: import('../support/fleet.mjs').Fleet) => Promise<void>>}
 */
export const guarantees = {
  'an edge middleware.ts runs in front of both': async ({ a, b }) => {
    for (const instance of [a, b]) {
      const { status, headers } = await instance.ask('/product/36');
      assert.equal(status, 200);
      assert.equal(headers.get('x-middleware-runtime'), 'edge-runtime');
    }
  },

  'what one instance generates is a hit on the other': async (fleet) => {
    const { a, b, origin } = fleet;
    await fleet.sharing();
    for (const [from, to, id] of [
      [a, b, 1],
      [b, a, 2],
    ]) {
      const generated = await from.product(id);
      assert.equal(generated.generatedBy, from.name);
      assert.equal((await to.product(id)).generatedAt, generated.generatedAt);
      assert.equal(await to.pagePrice(id), generated.price);
      assert.equal(await origin.asked(`product:${id}`), 1);
    }
  },

  '10 + 10 cold requests are 1 generation': async (fleet) => {
    const answers = await crowd(fleet, (one) => one.product(3));
    assert.equal(await fleet.origin.asked('product:3'), 1);
    assert.equal(generations(answers).size, 1);
  },

  '10 + 10 cold pages are 1 generation': async (fleet) => {
    await crowd(fleet, (one) => one.pagePrice(4));
    assert.equal(await fleet.origin.asked('product:4'), 1);
  },

  '10 + 10 requests for a stale entry are 1 generation': async (fleet) => {
    const { a, origin } = fleet;
    const old = await a.stock(5);
    await untilAged(old, 2100);
    const answers = await crowd(fleet, (one) => one.stock(5));
    assert.ok(generations([old, ...answers]).size <= 2);
    await renewed(fleet, (one) => one.stock(5), old);
    assert.equal(await origin.asked('stock:5'), 2);
  },

  "revalidateTag(tag, 'max') serves stale and is 1 generation": async (fleet) => {
    const { a, b, origin } = fleet;
    const old = await b.product(6);
    await origin.setPrice(6, old.price + 1);
    await a.webhook({ tag: 'product:6' });
    const waves = [];
    await until('it is refreshed', async () => {
      waves.push(...(await crowd(fleet, (one) => one.product(6))));
      return (await origin.asked('product:6')) > 1;
    });
    assert.ok(generations(waves).has(`${old.generatedAt} by ${old.generatedBy}`));
    for (const { price } of await renewed(fleet, (one) => one.product(6), old)) {
      assert.equal(price, old.price + 1);
    }
    assert.equal(await origin.asked('product:6'), 2);
  },

  'an edit without JavaScript on one is on the other at once': async ({ a, b }) => {
    for (const [editor, reader] of [
      [a, b],
      [b, a],
    ]) {
      const { price } = await reader.product(7);
      const { status, text } = await (await editor.priceForm(7)).post(price + 1);
      assert.equal(status, 200);
      assert.equal(priceOn(text), price + 1);
      assert.equal((await reader.product(7)).price, price + 1);
      assert.equal(await reader.pagePrice(7), price + 1);
    }
  },

  'an edit without JavaScript is 1 generation': async ({ a, b, origin }) => {
    const { price } = await b.product(8);
    await (await a.priceForm(8)).post(price + 1);
    for (const instance of [b, a, b]) {
      assert.equal((await instance.product(8)).price, price + 1);
    }
    assert.equal(await origin.asked('product:8'), 2);
  },

  'a static route handler of two cached functions answers after its invalidation': async (
    fleet,
  ) => {
    const { a, b } = fleet;
    const seen = [];
    for (const editor of [undefined, a, b]) {
      await editor?.webhook({ tag: 'pair', expire: 0 });
      const answers = await until('both show what is generated after it', async () => {
        const both = await Promise.all([a, b].map((each) => each.ask('/api/pair')));
        for (const { status, text } of both) assert.equal(status, 200, text);
        return both.every(({ text }) => !seen.includes(text)) && both;
      });
      seen.push(...answers.map(({ text }) => text));
    }
  },

  'pages answer while the server is frozen, and killed and restarted': async (fleet) => {
    const { a, b, larder } = fleet;
    const visits = [a, b].flatMap((instance) => [
      [`a reader of a product on ${instance.name}`, () => instance.product(9)],
      [`a reader of a stock level on ${instance.name}`, () => instance.stock(9)],
      [`a reader of a page on ${instance.name}`, () => instance.page('/product/9')],
    ]);
    const traffic = new Traffic(Object.fromEntries(visits));
    const more = () => {
      const enough = traffic.count + 40;
      return until('40 more visits', () => traffic.count >= enough, { within: 30_000 });
    };
    try {
      await more();
      larder.freeze();
      await more();
      larder.thaw();
      await more();
      await larder.kill();
      await more();
      await larder.start();
      await more();
    } finally {
      await traffic.stop();
    }
    traffic.slowest();
  },

  'both share again without a restart, and nothing was lost': async (fleet) => {
    const { a, b, origin } = fleet;
    await fleet.sharing();
    const known = await a.product(1);
    assert.equal((await b.product(1)).generatedAt, known.generatedAt);
    assert.equal(await origin.asked('product:1'), 1);
    const { price } = await b.product(7);
    await (await a.priceForm(7)).post(price + 1);
    assert.equal((await b.product(7)).price, price + 1);
  },
};

/** Ten concurrent answers of each instance. */
function crowd({ a, b }, visit) {
  return Promise.all(Array.from({ length: 20 }, (_, i) => visit(i % 2 === 0 ? a : b)));
}

/** What both instances answer once neither answers with `old` any more. */
function renewed({ a, b }, visit, old) {
  return until('the refreshed entry is on both instances', async () => {
    const both = await Promise.all([a, b].map(visit));
    return both.every(({ generatedAt }) => generatedAt !== old.generatedAt) && both;
  });
}
