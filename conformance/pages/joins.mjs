import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@larder/harness/until';
import { built } from './apps.mjs';
import { newId, Site } from './site.mjs';

/** Milliseconds a generation takes. */
const GENERATION = 1500;

const testOptions = { timeout: 120_000 };
const page = { name: 'page', path: (id) => `/listed/${id}` };
const route = { name: 'route', path: (id) => `/api/value/${id}` };

/** What is generated on A when it is invalidated, by what that is, and what begins it. */
const generations = {
  'a page that is stale, and rendered behind a reader': {
    apps: ['ISR'],
    kind: page,
    tag: (id) => `listed:${id}`,
    begin: async (site, id) => {
      await site.visit(page, id, site.a);
      await site.larder.invalidate('pages', [`listed:${id}`], 31_536_000);
      const stale = async () =>
        (await site.visit(page, id, site.a)).headers.get('x-nextjs-cache') === 'STALE';
      await until('A renders it behind a reader', stale);
      return {};
    },
  },
  'a cached function that is missing': {
    apps: ['Cache Components'],
    kind: route,
    tag: (id) => `api:${id}`,
    begin: async (site, id) => {
      const leader = site.visit(route, id, site.a);
      const leased = async () => (await site.larder.describe('pages')).leases > 0;
      await until('A generates it', leased);
      return { leader };
    },
  },
};

/**
 * What Next.js serves without asking a handler is served by the instance that generates, and until
 * it has generated: by nobody else, and by nobody afterwards. Registers the tests.
 *
 * @param {string} app one of those in `apps.mjs`
 */
export function joins(app) {
  describe(`${app}: what is joined on one instance is seen nowhere else, and ends`, () => {
    const site = new Site(app, 'larder', {
      generation: GENERATION,
      settings: { LARDER_TIMEOUT: '1000' },
    });

    before(async () => {
      await built(app, 'larder');
      await site.start();
      for (const one of [site.a, site.b]) {
        await Promise.all([page, route].map((kind) => site.visit(kind, newId(), one)));
      }
    }, testOptions);

    after(() => site.stop());

    for (const [name, { apps, kind, tag, begin }] of Object.entries(generations)) {
      if (!apps.includes(app)) continue;
      test(name, testOptions, async (t) => {
        const id = newId();
        const { leader } = await begin(site, id);
        await site.larder.invalidate('pages', [tag(id)]);
        const moment = Date.now();
        const joined = site.visit(kind, id, site.a);
        const elsewhere = await site.visit(kind, id, site.b);
        assert.ok(elsewhere.at >= moment, `B shows ${elsewhere.print}`);
        await Promise.all([leader, joined]);
        const { at } = await joined;
        t.diagnostic(
          `who joined on A was ${at < moment ? '' : 'not '}shown what was generated before`,
        );
        await pause(Math.max(0, moment + 2 * GENERATION - Date.now()));
        for (const one of [site.a, site.b, site.a]) {
          const later = await site.visit(kind, id, one);
          assert.ok(later.at >= moment, `${one.name} shows ${later.print} later`);
        }
      });
    }
  });
}
