import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Checkout } from '@larder/harness/checkout';
import { freePort } from '@larder/harness/ports';
import { until } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { Instance, kiosk, priceOn } from './support/instance.mjs';

/**
 * What the shop gets in addition: a page that is baked, a proxy.ts, a server of its own, and an
 * instrumentation.ts that registers an OpenTelemetry SDK.
 */
const additions = fileURLToPath(new URL('fixtures/shop', import.meta.url));

/** Milliseconds a lookup waits for another instance to generate, unless its settings say otherwise. */
const longestWait = 5000;

describe('A shop with a proxy.ts, built and started before there is a server', () => {
  const fleet = Fleet.ofSuite('e2e-modes', { names: [], larder: false, delay: 100 });
  const instances = [];
  /** @type {Checkout} */ let checkout;

  before(() => {
    checkout = new Checkout(join(fleet.directory, 'checkout'));
    cpSync(additions, checkout.app, { recursive: true });
    checkout.addFromAdapter('@opentelemetry');
  });

  fleet.test('next build succeeds without a server', async () => {
    const output = await checkout.build({ SHOP_STANDALONE: '1', LARDER_URL: fleet.larder.url });
    assert.ok(existsSync(join(checkout.app, '.next/BUILD_ID')));
    assert.ok(existsSync(join(checkout.app, '.next/server/app/baked.html')));
    assert.doesNotMatch(output, /Edge Runtime/);
    const lines = output.split('\n').filter((line) => line.includes('larder:'));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], /did not say where default stands \(http:\S+: ECONNREFUSED\)/);
  });

  fleet.test('a build without LARDER_URL says nothing of a server', async () => {
    const quiet = new Checkout(join(fleet.directory, 'quiet'), kiosk);
    assert.doesNotMatch(await quiet.build({}), /larder|runAfterProductionCompile/);
  });

  fleet.test('next start says that there is no server before anybody asks for a page', async () => {
    const env = { LARDER_URL: fleet.larder.url, LARDER_NAMESPACE: '' };
    const s = new Instance('S', await freePort(), { env, directory: checkout.app });
    s.launch();
    try {
      await s.printed("larder: LARDER_NAMESPACE is not set, so this process shares 'default' with");
      await s.printed(`larder: no connection to ${fleet.larder.url} (ECONNREFUSED)`);
    } finally {
      await s.stop();
    }
  });

  fleet.test('next start serves every page', async () => {
    const n = await fleet.join('N', { directory: checkout.app });
    instances.push(n);
    for (const path of ['/', '/product/1', '/category/tea']) await n.page(path);
    const [first, second] = [await n.product(1), await n.product(1)];
    assert.equal(first.price, second.price);
    assert.match(await n.page('/baked'), /baked/);
  });

  fleet.test('a standalone server starts from a directory with nothing above it', async () => {
    const server = checkout.copyStandalone(join(fleet.directory, 'standalone'));
    const s = await fleet.join('S', { directory: join(server, '..'), server });
    instances.push(s);
    for (const path of ['/', '/product/1', '/baked']) await s.page(path);
  });

  fleet.test('a custom server serves every page', async () => {
    const server = join(checkout.app, 'server.mjs');
    const c = await fleet.join('C', { directory: checkout.app, server });
    instances.push(c);
    for (const path of ['/', '/product/1', '/baked']) await c.page(path);
    assert.equal((await c.ask('/')).headers.get('x-served-by'), 'server.mjs');
  });

  fleet.test('the proxy runs on all of them', async () => {
    for (const instance of instances) {
      const { headers } = await instance.ask('/product/1');
      assert.equal(headers.get('x-proxy'), process.version, instance.name);
    }
  });

  fleet.test('when the server appears, all share its cache without a restart', async () => {
    await fleet.larder.start();
    const [n, s, c] = instances;
    await fleet.sharing(n, s);
    await fleet.sharing(s, c);
    const generated = await s.product(2);
    assert.equal(generated.generatedBy, 'S');
    for (const other of [n, c]) {
      assert.equal((await other.product(2)).generatedAt, generated.generatedAt);
    }
  });

  fleet.test('an edit on one is on the others at once', async () => {
    for (const [i, editor] of instances.entries()) {
      const price = 1234 + i;
      const form = await editor.priceForm(3);
      await Promise.all(instances.map((reader) => reader.product(3)));
      assert.equal((await form.call(price)).status, 200);
      for (const reader of instances) {
        assert.equal((await reader.product(3)).price, price);
        assert.equal(await reader.pagePrice(3), price);
      }
    }
  });

  fleet.test('instrumentation.ts receives every event', async () => {
    for (const instance of instances) {
      const { events } = await observed(instance);
      for (const type of ['connection', 'lookup', 'generation', 'put', 'invalidation']) {
        assert.ok(
          events.some((event) => event.type === type),
          `${type} on ${instance.name}`,
        );
      }
      const event = events.find(({ path }) => path === '/api/product/3');
      assert.match(event.key, /^[0-9a-f]{64}$/);
    }
  });

  fleet.test('spans are within those of requests, and metrics count the events', async () => {
    for (const instance of instances) {
      // A span ends a moment after its answer.
      await until(`every span on ${instance.name} is within a request's`, async () => {
        const { spans } = await observed(instance);
        return ours(spans).every((span) => /^(GET|POST) \//.test(rootOf(span, spans).name));
      });
      const { events, spans, metrics } = await observed(instance);
      const names = new Set(ours(spans).map(({ name }) => name));
      for (const name of ['lookup', 'generation', 'invalidation']) {
        assert.ok(names.has(`larder.${name}`), `${name} on ${instance.name}`);
      }
      const counter = metrics.find(({ descriptor }) => descriptor.name === 'larder.lookups');
      const counted = counter.dataPoints.reduce((sum, { value }) => sum + value, 0);
      assert.equal(counted, events.filter(({ type }) => type === 'lookup').length);
    }
  });
});

/** What an instance observed of itself. */
async function observed(instance) {
  return JSON.parse(await instance.page('/api/observed'));
}

function ours(spans) {
  return spans.filter(({ name }) => name.startsWith('larder.'));
}

/** The outermost span around `span`. */
function rootOf(span, spans) {
  const parent = spans.find(({ id }) => id === span.parent);
  return parent ? rootOf(parent, spans) : span;
}

describe('An app with an edge middleware.ts under development', () => {
  const fleet = Fleet.ofSuite('e2e-dev', { names: [], larder: false, delay: 20 });
  let d;

  fleet.test('next dev serves every page without a server', async () => {
    const { app } = new Checkout(join(fleet.directory, 'checkout'), kiosk);
    d = await fleet.join('D', { directory: app, command: 'dev' });
    for (const path of ['/product/1', '/en/greeting?tag=dev']) await d.page(path);
    assert.equal((await d.ask('/product/1')).headers.get('x-middleware-runtime'), 'edge-runtime');
    assert.equal((await d.product(1)).generatedBy, 'D');
  });

  fleet.test('what it generates is stored once there is a server', async () => {
    const { larder, namespace } = fleet;
    await larder.start();
    let id = 2;
    await until('an entry is stored', async () => {
      await d.product(id++);
      return (await larder.describe(namespace)).entries > 0;
    });
  });

  fleet.test('an edit shows its price', async () => {
    const form = await d.priceForm(1);
    const { price } = await d.product(1);
    const { status, text } = await form.post(price + 1);
    assert.equal(status, 200);
    assert.equal(priceOn(text), price + 1);
    assert.equal((await d.product(1)).price, price + 1);
    assert.equal(await d.pagePrice(1), price + 1);
  });

  fleet.test('an invalidation over HTTP is seen by the second reader, without a wait', async () => {
    const { larder, namespace, origin } = fleet;
    for (const path of ['/product/2', '/api/product/2']) await d.page(path);
    const old = await d.product(2);
    await origin.setPrice(2, old.price + 1);
    await larder.invalidate(namespace, ['product:2']);
    await until('the new price', async () => {
      const { status, text, ms } = await d.ask('/product/2');
      assert.equal(status, 200);
      assert.ok(ms < longestWait, `the page took ${ms} ms`);
      return priceOn(text) === old.price + 1;
    });
  });

  fleet.test('it goes on when the server is killed', async () => {
    await fleet.larder.kill();
    for (const path of ['/product/1', '/product/30', '/api/product/31']) await d.page(path);
  });
});
