import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { launchBrowser } from '@larder/harness/chromium';
import { Fleet } from './support/fleet.mjs';

describe('In a browser', () => {
  const fleet = Fleet.ofSuite('e2e-browser');
  /** @type {import('playwright-core').Browser} */ let browser;

  before(async () => (browser = await launchBrowser()));
  after(() => browser.close());

  fleet.test('a price changed on A by script is on B at once', async () => {
    const { a, b } = fleet;
    const onB = await browser.newPage();
    const onA = await browser.newPage();
    const posted = [];
    onA.on('request', (request) => request.method() === 'POST' && posted.push(request));
    await onB.goto(`${b.url}/product/1`);
    await onA.goto(`${a.url}/product/1`);
    assert.notEqual(await priceOn(onA), '€77.31');
    assert.equal(await priceOn(onB), await priceOn(onA));

    await hydrated(onA);
    await onA.evaluate(() => (window.sameDocument = true));
    await onA.locator('#price').fill('77.31');
    await onA.locator('.price-form button').click();
    const message = await onA.locator('#price-outcome.saved').textContent();
    await onB.reload();

    assert.match(message, /€77.31\. What was cached of it has expired on every instance/);
    assert.equal(await priceOn(onB), '€77.31');
    assert.equal(await priceOn(onA), '€77.31');
    assert.equal(await onA.evaluate(() => window.sameDocument), true);
    assert.equal(posted.length, 1);
    assert.ok(await posted[0].headerValue('next-action'));
  });
});

function priceOn(page) {
  return page.locator('[data-price]').first().textContent();
}

/** Waits until React has taken over the form, so that it is not sent as a document. */
function hydrated(page) {
  return page.waitForFunction(() =>
    Object.keys(document.querySelector('.price-form')).some((key) =>
      key.startsWith('__reactProps'),
    ),
  );
}
