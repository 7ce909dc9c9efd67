import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answered, computed } from './apps/isr/lib/forms.js';
import { built } from './apps.mjs';
import { newId, Site } from './site.mjs';

/** Milliseconds a generation takes. */
const GENERATION = 200;

const patience = { timeout: 300_000 };

/** What must be found, as the route of the app tells it. */
const foundOf = {
  ...Object.fromEntries(
    Object.entries(computed).map(([form, value]) => [
      form,
      value === undefined ? 'undefined' : JSON.stringify(value),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(answered).map(([form, { status, body }]) => [
      form,
      `${status} ${Buffer.from(body ?? '').toString('hex')}`,
    ]),
  ),
};

/**
 * Everything `fetch` and `unstable_cache` may come to is what it was, and shared where Next.js
 * keeps it. Registers the tests.
 *
 * @param {string} app one of those in `apps.mjs`
 */
export function forms(app) {
  describe(`${app}: what is fetched or computed is what it was, in every form`, () => {
    const settings = { LARDER_TIMEOUT: '1000' };
    const site = new Site(app, 'larder', { generation: GENERATION, settings });

    before(async () => {
      await built(app, 'larder');
      await site.start();
    }, patience);

    after(() => site.stop());

    const ask = async (form, id, whom) => {
      const kind = { name: form, path: () => `/api/form/${form}/${id}` };
      const visit = await site.visit(kind, id, whom);
      return { ...JSON.parse(visit.text), ms: visit.ms };
    };

    for (const [form, found] of Object.entries(foundOf)) {
      test(form, patience, async () => {
        await ask(form, newId(), site.a);
        await ask(form, newId(), site.b);
        const id = newId();
        const leader = await ask(form, id, site.a);
        assert.equal(leader.found, found);
        for (const one of [site.b, site.a]) {
          const follower = await ask(form, id, one);
          assert.equal(follower.found, found, one.name);
          if (form in computed) assert.equal(follower.generated, false, one.name);
          else if (answered[form].status === 200) assert.equal(follower.printed, leader.printed);
          // Nobody is kept waiting for what is not kept.
          assert.ok(follower.ms < 2 * GENERATION + leader.ms, `${one.name}: ${follower.ms} ms`);
        }
      });
    }
  });
}
