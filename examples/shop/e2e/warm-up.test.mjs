import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe } from 'node:test';
import { until } from '@larder/harness/until';
import { Fleet } from './support/fleet.mjs';
import { rebuilt } from './support/rebuilt.mjs';

/** Milliseconds a query takes while instances start. */
const SLOW = 800;

/** What visitors read, the most read first. */
const HOT = ['/product/7', '/category/tea', '/product/3', '/api/product/9', '/product/21'];

/** What one visitor reads once, and what nobody else has generated for it. */
const RARE = '/product/30';
const ONLY_RARE = ['product:30', 'category:spices'];

describe('New instances are warm before they have readers', () => {
  const fleet = Fleet.ofSuite('e2e-warm-up', { names: ['A'], delay: 20 });

  /** What the servers say is read, the most first. */
  async function named() {
    const answer = await fetch(`${fleet.larder.url}/v1/${fleet.namespace}/paths`);
    return answer.ok ? (await answer.json()).paths.map(({ path }) => path) : [];
  }

  /** How often the origin was asked for what HOT shows, apart from what is fresh for two seconds. */
  async function generated() {
    const queries = Object.entries(await fleet.origin.queries());
    return Object.fromEntries(queries.filter(([name]) => !name.startsWith('stock:')));
  }

  fleet.test(
    'a new build is rendered once for all its instances, and never for a reader',
    async () => {
      const { a, origin } = fleet;
      await a.page(RARE);
      for (const [at, path] of HOT.entries()) {
        for (let times = 2 * (HOT.length - at); times > 0; times--) await a.page(path);
      }
      await until('what is read is known', async () => (await named()).length === HOT.length);
      assert.deepEqual(await named(), HOT);

      const before = await generated();
      await origin.takes(SLOW);
      const directory = rebuilt(join(fleet.directory, 'rebuilt'), 'another-build');
      const warming = { WARM_UP: '1' };
      const fresh = await Promise.all(
        ['B', 'C'].map((name) => fleet.join(name, { directory }, warming)),
      );
      const readiness = () => Promise.all(fresh.map((one) => one.ask('/api/ready')));
      const first = await readiness();
      assert.deepEqual(
        first.map(({ status, text }) => [status, JSON.parse(text)]),
        first.map(() => [503, { status: 'warming up' }]),
      );
      await until('both are warm', async () =>
        (await readiness()).every(({ status }) => status === 200),
      );

      // What the build before had generated is generated anew, each once, and the rare page is not.
      const warmed = await generated();
      const expected = Object.entries(before).map(([name, times]) => [
        name,
        ONLY_RARE.includes(name) ? times : times + 1,
      ]);
      assert.deepEqual(warmed, Object.fromEntries(expected));
      const product = await fresh[0].product(7);
      assert.match(product.generatedBy, /^[BC]$/);
      for (const instance of fresh) {
        for (const path of HOT) {
          const { status, ms } = await instance.ask(path);
          assert.equal(status, 200);
          assert.ok(ms < SLOW, `${path} took ${ms} ms`);
        }
      }
      assert.deepEqual(await generated(), warmed);
    },
  );

  fleet.test('an instance without a server is ready at once', async () => {
    const env = { WARM_UP: '1', LARDER_URL: 'http://127.0.0.1:1' };
    const alone = await fleet.join('D', {}, env);
    await until('it is ready', async () => (await alone.ask('/api/ready')).status === 200);
    await alone.printed('not warmed up: http://127.0.0.1:1 was not asked');
  });
});
