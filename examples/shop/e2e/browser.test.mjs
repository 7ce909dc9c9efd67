import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Browser } from './support/chromium.mjs';
import { Fleet } from './support/fleet.mjs';
import { until } from './support/until.mjs';

describe('In a browser', () => {
  const fleet = Fleet.ofSuite('e2e-browser');
  /** @type {Browser} */ let browser;

  before(() => (browser = new Browser()));
  after(() => browser.stop());

  fleet.test('a price changed on A by script is on B at once', async () => {
    const { a, b } = fleet;
    const onB = await browser.open(`${b.url}/product/1`);
    const onA = await browser.open(`${a.url}/product/1`);
    assert.notEqual(await priceOn(onA), '€77.31');
    assert.equal(await priceOn(onB), await priceOn(onA));

    await hydrated(onA);
    await onA.evaluate(`
      window.sameDocument = true;
      document.querySelector('#price').value = '77.31';
      document.querySelector('.price-form button').click();
    `);
    const outcome = `document.querySelector('#price-outcome.saved')?.textContent`;
    const message = await until('A says that the price is saved', () => onA.evaluate(outcome));
    await onB.visit(`${b.url}/product/1`);

    assert.match(message, /€77.31 everywhere/);
    assert.equal(await priceOn(onB), '€77.31');
    assert.equal(await priceOn(onA), '€77.31');
    assert.equal(await onA.evaluate('window.sameDocument'), true);
    const actions = onA.requests.filter(({ method }) => method === 'POST');
    assert.equal(actions.length, 1);
    assert.ok(Object.keys(actions[0].headers).some((name) => /^next-action$/i.test(name)));
  });
});

function priceOn(tab) {
  return tab.evaluate(`document.querySelector('[data-price]').textContent`);
}

/** Waits until React has taken over the form, so that it is not sent as a document. */
function hydrated(tab) {
  const keys = `Object.keys(document.querySelector('.price-form')).join()`;
  return until('the form is hydrated', async () => /__reactProps/.test(await tab.evaluate(keys)));
}
