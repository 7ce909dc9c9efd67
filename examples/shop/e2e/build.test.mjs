import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Checkout } from './support/checkout.mjs';
import { Fleet } from './support/fleet.mjs';

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));

describe('A shop that is built and started before there is a server', () => {
  const fleet = Fleet.ofSuite('e2e-build', { names: [], larder: false, delay: 100 });
  /** @type {Checkout} */ let checkout;
  let n, s;

  before(() => {
    checkout = new Checkout(join(fleet.directory, 'checkout'));
    cpSync(fixtures, checkout.shop, { recursive: true });
  });

  fleet.test('next build succeeds without a server', async () => {
    const said = await checkout.build({ SHOP_STANDALONE: '1', LARDER_URL: fleet.larder.url });
    assert.ok(existsSync(join(checkout.shop, '.next/BUILD_ID')));
    assert.ok(existsSync(join(checkout.shop, '.next/server/app/baked.html')));
    assert.doesNotMatch(said, /larder:/);
  });

  fleet.test('next start without a server serves every page', async () => {
    n = await fleet.join('N', { directory: checkout.shop });
    for (const path of ['/', '/product/1', '/category/tea']) await n.page(path);
    const [first, second] = [await n.product(1), await n.product(1)];
    assert.equal(first.price, second.price);
    assert.match(await n.page('/baked'), /baked/);
  });

  fleet.test('a standalone server starts from a directory with nothing above it', async () => {
    const server = checkout.takeStandalone(join(fleet.directory, 'standalone'));
    s = await fleet.join('S', { directory: join(server, '..'), server });
    for (const path of ['/', '/product/1', '/baked']) await s.page(path);
  });

  fleet.test('when the server appears, both share its cache without a restart', async () => {
    await fleet.larder.start();
    await fleet.sharing(n, s);
    const generated = await s.product(2);
    assert.equal(generated.generatedBy, 'S');
    assert.equal((await n.product(2)).generatedAt, generated.generatedAt);
  });

  fleet.test('an edit on either is on the other at once', async () => {
    for (const [editor, reader, price] of [
      [s, n, 1234],
      [n, s, 1235],
    ]) {
      const form = await editor.priceForm(3);
      await reader.product(3);
      assert.equal((await form.call(price)).status, 200);
      assert.equal((await reader.product(3)).price, price);
      assert.equal(await reader.pagePrice(3), price);
    }
  });
});
