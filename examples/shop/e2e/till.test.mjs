import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe } from 'node:test';
import { launchBrowser } from '@larder/harness/chromium';
import { until } from '@larder/harness/until';
import { createPageServer } from '../demo/page-server.mjs';
import { Fleet, patientSettings } from './support/fleet.mjs';

const namespace = 'e2e-till';

describe('The till, over Redis over HTTP', () => {
  const fleet = new Fleet(namespace, patientSettings);
  /** @type {import('playwright-core').Browser} */ let browser;
  let page;

  before(async () => {
    browser = await launchBrowser();
    await fleet.explained(() => fleet.start({ names: [] }));
    for (const name of ['A', 'B']) {
      await fleet.join(
        name,
        {},
        { UPSTASH_REDIS_REST_URL: redis(), UPSTASH_REDIS_REST_TOKEN: 'any' },
      );
    }
    page = createPageServer({
      origin: fleet.origin.url,
      shopA: fleet.a.url,
      shopB: fleet.b.url,
    }).listen(0, '127.0.0.1');
    await once(page, 'listening');
  });
  after(async () => {
    await browser.close();
    page.close();
    page.closeAllConnections();
    await fleet.stop();
  });

  const redis = () => `${fleet.larder.url}/redis/${namespace}`;

  fleet.test('a cart is the same on both instances, and what is sold is seen on both', async () => {
    const visitor = await browser.newContext();
    const onA = await visitor.newPage();
    const onB = await visitor.newPage();
    await onA.goto(`${fleet.a.url}/till`);
    // One visitor on both: cookies do not know ports.
    await onB.goto(`${fleet.b.url}/till`);
    await Promise.all([onA, onB].map((tab) => tab.locator('[data-listening=true]').waitFor()));
    await onA.locator('[data-add="1"]').click();
    await onA.locator('[data-in-cart="1"]', { hasText: '1' }).waitFor();
    await onA.locator('[data-add="1"]').click();
    await onA.locator('[data-in-cart="1"]', { hasText: '2' }).waitFor();
    await onB.reload();
    assert.equal(await onB.locator('[data-in-cart="1"]').textContent(), '2');
    await onB.locator('[data-listening=true]').waitFor();
    await onB.locator('.till-buy').click();
    await onB.locator('#checkout-outcome', { hasText: 'Sold by B.' }).waitFor();
    for (const tab of [onA, onB]) {
      const sold = await tab.locator('[data-sold="1"]').first().textContent();
      assert.match(sold, /^2 × .* on B, 2 in all$/);
    }
    const views = await onA.locator('[data-views]').getAttribute('data-views');
    await onB.reload();
    assert.ok(Number(await onB.locator('[data-views]').getAttribute('data-views')) > Number(views));
    if (process.env.SHOP_PICTURES) {
      await onA.screenshot({ path: `${process.env.SHOP_PICTURES}/till.png`, fullPage: true });
    }
    await visitor.close();
  });

  fleet.test('the limit of searches is of all instances, and its headers say so', async () => {
    const cookie = `session=${randomUUID()}`;
    const statuses = [];
    for (let i = 0; i < 8; i++) {
      const { url } = i % 2 === 0 ? fleet.a : fleet.b;
      const answer = await fetch(`${url}/api/till/search?q=a`, { headers: { cookie } });
      await answer.arrayBuffer();
      statuses.push(answer.status);
      assert.equal(answer.headers.get('x-ratelimit-limit'), '5');
      assert.match(answer.headers.get('x-ratelimit-remaining'), /^\d+$/);
      assert.match(answer.headers.get('x-ratelimit-reset'), /^\d{10}$/);
      assert.equal(answer.headers.has('retry-after'), answer.status === 429);
    }
    assert.ok(statuses.filter((status) => status === 200).length >= 5, statuses.join());
    assert.ok(statuses.includes(429), statuses.join());
  });

  fleet.test('a flag is on every instance as soon as it is set', async () => {
    assert.equal(await flagged(fleet.a), false);
    await fetch(`${redis()}/set/flag:free-delivery/true`);
    for (const instance of [fleet.a, fleet.b]) {
      await until('the flag is shown', () => flagged(instance));
    }
  });

  fleet.test('the demo page shows the limiter biting and the lock handed over', async () => {
    const demo = await browser.newPage();
    await demo.goto(`http://127.0.0.1:${page.address().port}`);
    await demo.locator('#limit').click();
    const limited = await demo.locator('#log li', { hasText: 'eight searches' }).textContent();
    assert.match(limited, /A ✓ B ✓ A ✓ B ✓ A ✓ .*✗/);
    await demo.locator('#handover').click();
    const handed = await demo.locator('#log li', { hasText: 'the lock of the till' }).textContent();
    assert.match(handed, /B was turned away.*A had the till.*B had the till/);
    if (process.env.SHOP_PICTURES) {
      await demo.screenshot({ path: `${process.env.SHOP_PICTURES}/demo.png` });
    }
  });
});

async function flagged({ url }) {
  const answer = await fetch(`${url}/till`);
  return (await answer.text()).includes('data-flag="free-delivery"');
}
