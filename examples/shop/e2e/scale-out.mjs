import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';
import { until } from '@larder/harness/until';
import { priceOn } from './support/instance.mjs';
import { ScaledFleet } from './support/scaled-fleet.mjs';
import { pricesOf, ShelfWatch } from './support/shelf-watch.mjs';
import { Traffic } from './support/traffic.mjs';

const kinds = { alone: 'one Redis', cluster: 'a cluster of Redis' };
const usage = `Usage: npm run test:scale-out -- [store …] [--trial MILLISECONDS]

  store     ${Object.keys(kinds).join(', ')}; none: all
  --trial   how long each trouble lasts at least (6000)

Whole instances of the shop over three servers, over one Redis and over a cluster, while servers are
restarted one by one, killed and frozen, instances are restarted, the store crashes and is emptied: no
request fails, and nobody is shown a price that was edited before the request. It needs the shop built,
the server's jar named in LARDER_JAR (and the java to run it with in LARDER_JAVA), and Redis.`;

/** Milliseconds one of the tests may take. */
const timeout = 180_000;

const { values, positionals, refuse } = commandLine(usage, {
  name: 'scale-out',
  options: { trial: { type: 'string', default: '6000' } },
  positionals: Object.keys(kinds),
});
const wanted = positionals.length > 0 ? positionals : Object.keys(kinds);
const lasting = Number(values.trial);
if (!/^\d+$/.test(values.trial) || lasting < 1) {
  refuse(`--trial is '${values.trial}'; expected a whole number of milliseconds, such as 6000`);
}
const missing = whyNoServer();
if (missing) refuse(missing);

for (const kind of wanted) {
  describe(`Three instances of the shop over three servers over ${kinds[kind]}`, () => {
    const fleet = new ScaledFleet();
    /** @type {ShelfWatch} */ let watch;
    /** Editors, by the instance they are at, each with products of its own. */
    let editors = [];
    let requests = 0;

    before(() =>
      fleet.explained(async () => {
        await fleet.start(kind);
        const [a] = fleet.instances;
        const prices = pricesOf(await a.page('/'));
        watch = new ShelfWatch(prices.map(([id, price]) => ({ id, price })));
        editors = await Promise.all(fleet.instances.map((instance, n) => editorAt(instance, n)));
      }),
    );
    after(() => fleet.stop());

    const troubles = {
      'nothing happens': () => undefined,
      'servers are restarted one by one': async () => {
        for (const server of fleet.servers) {
          await server.stop();
          await pause(lasting / 6);
          await server.start();
        }
      },
      'servers are killed one by one': async () => {
        for (const server of fleet.servers) {
          await server.kill();
          await pause(lasting / 6);
          await server.start();
        }
      },
      'servers freeze one by one': async () => {
        for (const server of fleet.servers) {
          server.freeze();
          await pause(lasting / 3);
          server.thaw();
        }
      },
      'the store is emptied': async () => {
        for (let n = 0; n < 3; n++) {
          await fleet.store.empty();
          await pause(lasting / 3);
        }
      },
      'the store crashes': () => fleet.store.crash(),
    };
    for (const [what, trouble] of Object.entries(troubles)) {
      test(`nobody notices when ${what}`, { timeout }, (t) =>
        fleet.explained(async () => {
          const began = { requests, prices: watch.compared };
          const traffic = new Traffic({ ...readers(fleet.instances), ...editing() }, 50);
          try {
            await until('everybody has been there', () => traffic.count >= 60, { within: 60_000 });
            await Promise.all([trouble(), pause(lasting)]);
            const enough = traffic.count + 60;
            await until('everybody was there again', () => traffic.count >= enough, {
              within: 60_000,
            });
          } finally {
            await traffic.stop();
          }
          const slowest = traffic.slowest();
          requests += traffic.count;
          t.diagnostic(
            `${traffic.count} requests, ${watch.compared - began.prices} prices, ` +
              `the slowest took ${Math.round(slowest)} ms`,
          );
        }),
      );
    }

    test('nobody notices when instances are restarted one by one', { timeout }, () =>
      fleet.explained(async () => {
        for (const instance of fleet.instances) {
          const others = fleet.instances.filter((other) => other !== instance);
          const traffic = new Traffic({ ...readers(others), ...editing(others) }, 50);
          try {
            await instance.stop();
            await instance.start();
            await watch.read(instance.name, async () => pricesOf(await instance.page('/')));
            const enough = traffic.count + 30;
            await until('the others were asked', () => traffic.count >= enough, { within: 60_000 });
          } finally {
            await traffic.stop();
          }
          traffic.slowest();
          requests += traffic.count;
        }
      }),
    );

    test('all of them show the prices of the origin in the end', async (t) => {
      const shown = await Promise.all(
        fleet.instances.map(async (instance) => new Map(pricesOf(await instance.page('/')))),
      );
      for (const other of shown) assert.deepEqual(other, shown[0]);
      t.diagnostic(`${requests} requests, ${watch.compared} prices, on ${kinds[kind]}`);
    });

    test('somebody who did not hear of an edit would have been found out', () =>
      fleet.explained(async () => {
        const deaf = await fleet.join('D', { LARDER_NAMESPACE: 'shop-elsewhere' });
        const look = () =>
          watch.read('the catalogue on D', async () => pricesOf(await deaf.page('/')));
        await look();
        await editors[0].edit();
        await assert.rejects(
          look,
          /the catalogue on D showed \d+ for product \d+ when \d+ was true/,
        );
      }));

    /** Visitors of everything that shows a price, by name. */
    function readers(instances) {
      const [one, ...rest] = watch.ids;
      const visits = instances.flatMap((instance) => {
        const { name } = instance;
        let turn = 0;
        const next = () => (turn++ % 2 === 0 ? one : rest[turn % rest.length]);
        return [
          ['the catalogue', async () => pricesOf(await instance.page('/'))],
          [
            'a page',
            async () => {
              const id = next();
              return [[id, priceOn(await instance.page(`/product/${id}`))]];
            },
          ],
          [
            'a route',
            async () => {
              const id = next();
              return [[id, (await instance.product(id)).price]];
            },
          ],
        ].map(([where, read]) => [
          `a reader of ${where} on ${name}`,
          () => watch.read(`${where} on ${name}`, read),
        ]);
      });
      return Object.fromEntries(visits);
    }

    function editing(instances = fleet.instances) {
      const there = editors.filter(({ instance }) => instances.includes(instance));
      return Object.fromEntries(
        there.map(({ instance, edit }) => [`an editor on ${instance.name}`, edit]),
      );
    }

    /** Somebody who edits the prices of some products at an instance, one after the other. */
    async function editorAt(instance, number) {
      const form = await instance.priceForm(1);
      const own = watch.ids.filter((id) => id % fleet.instances.length === number);
      let turn = 0;
      return {
        instance,
        async edit() {
          const id = own[turn++ % own.length];
          const price = watch.next(id);
          const { status } = await form.call(price, String(id));
          assert.equal(status, 200, `an edit on ${instance.name} was answered with ${status}`);
          watch.succeeded(id, price);
        },
      };
    }
  });
}
