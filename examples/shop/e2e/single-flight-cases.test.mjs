import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Checkout } from '@larder/harness/checkout';
import { launchBrowser } from '@larder/harness/chromium';
import { temporaryDirectory } from '@larder/harness/temporary';
import { until } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { generations, kiosk, priceOn } from './support/instance.mjs';

const root = temporaryDirectory();
const build = { directory: join(root, 'examples/shop') };

/** Ten concurrent answers of each instance. */
function crowd({ a, b }, visit) {
  return Promise.all(Array.from({ length: 20 }, (_, i) => visit(i % 2 === 0 ? a : b)));
}

/** When what a page shows was generated. */
function generatedOn(html) {
  return /dateTime="([^"]*)"/.exec(html)?.[1] ?? assert.fail(`nothing was generated in ${html}`);
}

before(() => new Checkout(root, kiosk).build({}), { timeout: 300_000 });

describe('A fleet of an app with an edge middleware.ts generates once', () => {
  const fleet = Fleet.ofSuite('e2e-cases', { build, delay: 500 });

  before(() => Promise.all([fleet.a, fleet.b].map((one) => one.page('/product/36'))));

  fleet.test('the middleware runs on both, and both share', async () => {
    for (const instance of [fleet.a, fleet.b]) {
      const { status, headers } = await instance.ask('/product/36');
      assert.equal(status, 200);
      assert.equal(headers.get('x-middleware-runtime'), 'edge-runtime');
    }
    await fleet.sharing();
  });

  fleet.test('what depends on a root param is generated once for each of its values', async () => {
    for (const language of ['en', 'fr']) {
      const pages = await crowd(fleet, (one) => one.page(`/${language}/greeting?tag=cold`));
      for (const page of pages) assert.match(page, new RegExp(`data-language="${language}"`));
      assert.equal(new Set(pages.map(generatedOn)).size, 1);
      assert.equal(await fleet.origin.asked(`category:cold-${language}`), 1);
    }
  });

  fleet.test('the values of a root param expire together and are generated once each', async () => {
    const { a, origin } = fleet;
    const languages = ['en', 'fr'];
    for (const language of languages) await a.page(`/${language}/greeting?tag=moved`);
    await fleet.larder.invalidate(fleet.namespace, ['moved']);
    for (const language of languages) {
      const pages = await crowd(fleet, (one) => one.page(`/${language}/greeting?tag=moved`));
      assert.equal(new Set(pages.map(generatedOn)).size, 1);
      assert.equal(await origin.asked(`category:moved-${language}`), 2);
    }
  });

  fleet.test(
    'a reader in draft mode always generates, and changes nothing for others',
    async () => {
      const { a, b, origin } = fleet;
      const old = await a.product(1);
      await origin.setPrice(1, old.price + 1);
      const { headers } = await b.ask('/api/draft', { method: 'POST' });
      const cookie = headers.get('set-cookie').split(';')[0];
      for (const [instance, asked] of [
        [b, 2],
        [a, 3],
        [b, 4],
      ]) {
        const draft = await instance.ask('/product/1', { headers: { cookie } });
        assert.equal(priceOn(draft.text), old.price + 1);
        assert.equal(await origin.asked('product:1'), asked);
      }
      for (const instance of [a, b]) {
        assert.equal((await instance.product(1)).generatedAt, old.generatedAt);
        assert.equal(await instance.pagePrice(1), old.price);
      }
      await b.ask('/product/2', { headers: { cookie } });
      const cold = await crowd(fleet, (one) => one.product(2));
      assert.equal(generations(cold).size, 1);
      assert.equal(await origin.asked('product:2'), 2);
    },
  );

  fleet.test('a page that is revalidated on demand replaces the entry for all', async () => {
    const { a, b, origin } = fleet;
    const old = await a.product(3);
    await b.page('/shelf/3');
    assert.equal(await origin.asked('product:3'), 1);
    await origin.setPrice(3, old.price + 1);
    await b.page('/api/revalidate?path=/shelf/3');
    assert.equal(await origin.asked('product:3'), 2);
    assert.equal(await b.pagePrice(3), old.price + 1);
    const all = await crowd(fleet, (one) => one.product(3));
    for (const { price } of all) assert.equal(price, old.price + 1);
    assert.equal(generations(all).size, 1);
    assert.equal(await origin.asked('product:3'), 2);
  });

  fleet.test(
    'a generation that throws fails for all who wait, and the next request tries again',
    async () => {
      const { a, b, origin, larder, namespace } = fleet;
      await origin.setStock(4, 0);
      const began = performance.now();
      const failures = await crowd(fleet, (one) => one.ask('/api/fragile/4'));
      const took = performance.now() - began;
      for (const { status } of failures) assert.equal(status, 500);
      assert.ok(took < 5000, `the last failed after ${took} ms`);
      const tries = await origin.asked('stock:4');
      assert.ok(tries <= 4, `${tries} generations for one failure`);
      await until('no lease is left', async () => (await larder.describe(namespace)).leases === 0);
      await origin.setStock(4, 7);
      const read = async (one) => JSON.parse(await one.page('/api/fragile/4'));
      // For a while no instance waits for another one's generation of what has just failed.
      const answers = await crowd(fleet, read);
      assert.ok(generations(answers).size <= 2, 'each instance generates once at most');
      for (const { stock } of answers) assert.equal(stock, 7);
      assert.ok((await origin.asked('stock:4')) <= tries + 2);
      await until(
        'both instances have the later generation',
        async () => (await read(a)).generatedAt === (await read(b)).generatedAt,
      );
    },
  );

  fleet.test('a static page that reads what is being refreshed takes its true life', async () => {
    const { a, b, origin } = fleet;
    const lifeOf = ({ headers }) => headers.get('cache-control');
    const lasting = /^s-maxage=(\d+), stale-while-revalidate=(\d+)$/;
    const plain = await until('a static page is served from its cache', async () => {
      await a.product(5);
      const life = lifeOf(await b.ask('/shelf/5'));
      return lasting.test(life) && life;
    });
    assert.match(plain, /^s-maxage=900, /);

    const old = await a.product(6);
    await b.product(6);
    await origin.takes(2000);
    await origin.setPrice(6, old.price + 1);
    await a.webhook({ tag: 'product:6' });
    await until('A refreshes it', async () => {
      await a.product(6);
      return (await origin.asked('product:6')) === 2;
    });
    const visits = [];
    const settled = await until('the static page is served from its cache', async () => {
      visits.push(await b.ask('/shelf/6'));
      return lasting.test(lifeOf(visits.at(-1))) && visits.at(-1);
    });
    await origin.takes(500);
    const [, revalidate, staleFor] = lasting.exec(lifeOf(settled)).map(Number);
    assert.equal(revalidate, 900);
    assert.ok(staleFor > 80_000, `stale-while-revalidate is ${staleFor}`);
    assert.equal(priceOn(settled.text), old.price + 1);
    assert.equal(await origin.asked('product:6'), 2);
  });
});

describe('A generation that outlives the lease of the server', () => {
  const fleet = Fleet.ofSuite('e2e-short-lease', { build, serve: ['--lease', '1'], delay: 3500 });

  before(() => fleet.sharing());

  fleet.test('is waited for by all, cold and stale', async () => {
    const { a, b, origin } = fleet;
    const cold = await crowd(fleet, (one) => one.product(1));
    assert.equal(generations(cold).size, 1);
    assert.equal(await origin.asked('product:1'), 1);
    await a.webhook({ tag: 'product:1' });
    const fresh = await until('it is refreshed', async () => {
      const answers = await crowd(fleet, (one) => one.product(1));
      return answers.find(({ generatedAt }) => generatedAt !== cold[0].generatedAt);
    });
    for (const one of [a, b]) {
      await until(`${one.name} has the refreshed entry`, async () => {
        return (await one.product(1)).generatedAt === fresh.generatedAt;
      });
    }
    assert.equal(await origin.asked('product:1'), 2);
  });
});

describe('In a browser, an app with Cache Components', () => {
  const fleet = Fleet.ofSuite('e2e-segments', { build, delay: 100 });
  /** @type {import('playwright-core').Browser} */ let browser;

  before(async () => (browser = await launchBrowser()));
  after(() => browser.close());

  for (const path of ['/product/2', '/shelf/2']) {
    fleet.test(`prefetches ${path} in segments and goes there without a document`, async () => {
      for (const { url } of [fleet.a, fleet.b]) {
        const page = await browser.newPage();
        const answers = [];
        page.on('response', (answer) => answers.push(answer));
        await page.goto(`${url}/shelf/0`, { waitUntil: 'networkidle' });
        await page.evaluate(() => (window.sameDocument = true));
        const prefetched = answers.filter((answer) => isSegmentOf(path, answer.request()));
        assert.ok(prefetched.length > 0, 'a segment is prefetched');
        for (const answer of prefetched) assert.equal(answer.status(), 200, answer.url());

        await page.locator(`a[href="${path}"]`).first().click();
        await page.waitForURL(`**${path}`);
        const price = await page.locator('[data-price]').first().getAttribute('data-price');
        assert.ok(Number(price) > 0);
        assert.equal(await page.evaluate(() => window.sameDocument), true);
      }
    });
  }
});

/** Whether a request is the prefetch of a segment of a page. */
function isSegmentOf(path, request) {
  const { pathname } = new URL(request.url());
  return pathname.startsWith(path) && 'next-router-segment-prefetch' in request.headers();
}
