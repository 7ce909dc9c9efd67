import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { built } from './apps.mjs';
import { kindsOf } from './kinds.mjs';
import { tableOf } from './results.mjs';
import { newId, Site } from './site.mjs';

const testOptions = { timeout: 300_000 };

/** How a page is invalidated, by its name: done when that is acknowledged. */
const ways = {
  'by a tag': (site) => site.larder.invalidate('pages', ['all']),
  'by its path': (site, path) => site.invalidate(path),
};

/** What carries no tag but that of its path. */
const untagged = /^\/(press|wire)\//;

/**
 * Nobody is shown what was generated before an acknowledged invalidation: all kinds of pages of an
 * app. Registers the tests.
 *
 * @param {string} app one of those in `apps.mjs`
 */
export function invalidations(app) {
  describe(`${app}: nothing from before an invalidation is shown after it`, () => {
    const settings = { LARDER_TIMEOUT: '1000' };
    const site = new Site(app, 'larder', { generation: 20, settings });
    const table = tableOf({
      title: `After an invalidation: ${app}`,
      about:
        'Both instances had shown the page when it was invalidated; then each was asked twice. How many of the four answers showed what was ' +
        'generated before.',
      columns: ['page', ...Object.keys(ways)],
    });

    before(async () => {
      await built(app, 'larder');
      await site.start();
    }, testOptions);

    after(() => site.stop());

    for (const kind of kindsOf(app).filter(({ draft, aborted }) => !draft && !aborted)) {
      test(kind.name, testOptions, async () => {
        const cells = [];
        for (const [name, invalidate] of Object.entries(ways)) {
          const id = newId();
          const path = (kind.route ?? kind.path)(id);
          if (name === 'by a tag' && untagged.test(path)) {
            cells.push('');
            continue;
          }
          for (const one of [site.a, site.b]) await site.visit(kind, id, one);
          await invalidate(site, path);
          const moment = Date.now();
          const visits = [];
          for (const one of [site.a, site.b, site.a, site.b])
            visits.push(await site.visit(kind, id, one));
          const old = visits.filter(({ at }) => at < moment);
          cells.push(old.length);
          assert.deepEqual(
            old.map(({ print }) => print),
            [],
            name,
          );
        }
        table.row(kind.name, ...cells);
      });
    }
  });
}
