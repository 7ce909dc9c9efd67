import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { built } from './apps.mjs';
import { kindsOf } from './kinds.mjs';
import { tableOf } from './results.mjs';
import { states } from './server-states.mjs';
import { newId, Site } from './site.mjs';

/** Milliseconds a generation takes. */
const GENERATION = 50;

/** Milliseconds an outage may add to a page, on a machine that renders all of them at once. */
const ALLOWANCE = 15_000;

/** What a page takes beyond that which waits for nobody. */
const WAIT = 25_000;

/** How often a page is asked for again, to see what it is answered with then. */
const LATER = 3;

const testOptions = { timeout: 300_000 };

/**
 * No page fails because the server does: the kinds of pages of an app, while the server is in each of
 * the states it can be in, beside the same app on Next.js' own cache.
 *
 * @param {string} app one of those in `apps.mjs`
 * @param {string[]} bounds the values of LARDER_OUTAGE_STALENESS it is tried with
 * @param {string[]} befallen the states; all of them unless given
 */
export function outages(app, bounds, befallen = states) {
  describe(`${app}: no page fails because the server does`, () => {
    const own = new Site(app, 'own', { generation: GENERATION });
    const table = tableOf({
      title: `Without the server: ${app}`,
      about:
        'The status of a page, and of one of the same kind nobody had asked for before, while the server was in a state, with each of ' +
        `LARDER_OUTAGE_STALENESS = ${bounds.join(', ')}; in the last column, of the same app on Next.js' own cache.`,
      columns: ['page', ...befallen, "Next.js' own"],
    });
    const cells = new Map(kindsOf(app).map((kind) => [kind, new Map()]));
    const controls = new Map();

    before(async () => {
      for (const cache of ['larder', 'own']) await built(app, cache);
      await own.start();
      await warm(own, own.a);
      await Promise.all(
        kindsOf(app).map(async (kind) => controls.set(kind, await control(own, kind))),
      );
      await own.stop();
    }, testOptions);

    after(() => {
      for (const [kind, seen] of cells) {
        const statuses = befallen.map((state) => [...(seen.get(state) ?? ['–'])].join(', '));
        table.row(kind.name, ...statuses, [...(controls.get(kind)?.statuses ?? ['–'])].join(', '));
      }
    });

    for (const bound of bounds) {
      describe(`LARDER_OUTAGE_STALENESS=${bound}`, () => {
        const settings = { LARDER_OUTAGE_STALENESS: bound, LARDER_WAIT: `${WAIT}` };
        const site = new Site(app, 'larder', { generation: GENERATION, settings });
        const nowhere = new Site(app, 'larder', { generation: GENERATION, settings });
        const known = new Map(kindsOf(app).map((kind) => [kind, newId()]));

        before(async () => {
          await Promise.all([site.start(), nowhere.start({ server: false })]);
          await warm(site, site.a);
          // Who asks then has been asked for before, and is kept.
          await Promise.all([...known].map(([kind, id]) => site.visit(kind, id, site.a)));
        }, testOptions);
        after(() => Promise.all([site.stop(), nowhere.stop()]));

        for (const state of befallen) {
          test(state, testOptions, async () => {
            const visited = state === 'never there' ? nowhere : site;
            if (visited === site) await site.access.become(state);
            const failures = [];
            for (const round of [1, 2]) failures.push(...(await asked(visited, state, round)));
            if (visited === site) await recovered(site);
            assert.deepEqual(failures, []);
          });
        }

        /** Asks for everything at once; what was not as without Larder. */
        async function asked(visited, state, round) {
          const failures = [];
          const visits = kindsOf(app).flatMap((kind) =>
            [known.get(kind), newId()].map(async (id) => {
              const control = controls.get(kind);
              const { status, ms } = await visited.visit(kind, id, visited.a);
              cells.get(kind).set(state, (cells.get(kind).get(state) ?? new Set()).add(status));
              const what = `${kind.name}, ${id === known.get(kind) ? 'known' : 'new'}, round ${round}`;
              const expected = [...control.statuses].join(' or ');
              // What is found is no failure, where it is not found yet without Larder.
              if (status !== 200 && !control.statuses.has(status))
                failures.push(`${what}: ${status}, not ${expected}`);
              const longest = control.ms + ALLOWANCE;
              if (ms > longest)
                failures.push(`${what}: ${Math.round(ms)} ms, not ${Math.round(longest)}`);
            }),
          );
          await Promise.all(visits);
          return failures;
        }
      });
    }
  });
}

/**
 * What a page is answered with that nobody asked for before, and the same one later: what it is may
 * only be known once it is rendered. Who goes away may be answered before that or not.
 *
 * @param {Site} own on Next.js' own cache
 * @param {import('./kinds.mjs').Kind} kind
 * @returns {Promise<{ ms: number, statuses: Set<number> }>} milliseconds of the first visit, and
 *   every status it may have
 */
async function control(own, kind) {
  const id = newId();
  const first = await own.visit(kind, id, own.a);
  const statuses = new Set(kind.aborted ? [0, 200, first.status] : [first.status]);
  // Next.js 16.3 answers a page that throws with 500 every second time, to who asks at once.
  for (const wait of [0, GENERATION * 4]) {
    for (let later = 0; later < LATER; later++) {
      await pause(wait);
      statuses.add((await own.visit(kind, id, own.a)).status);
    }
  }
  return { ms: first.ms, statuses };
}

/** Has every page asked for once: what is loaded then is not loaded again. */
async function warm(site, instance) {
  await Promise.all(kindsOf(site.app).map((kind) => site.visit(kind, newId(), instance)));
}

/**
 * Ends what befell the server; done when the instance shares with the other one again.
 *
 * @throws {Error} when it does not within a minute
 */
async function recovered(site) {
  await site.access.become('well');
  const kind = kindsOf(site.app).find(({ name }) => name === 'route handler');
  const deadline = Date.now() + 60_000;
  for (;;) {
    const id = newId();
    const [here, there] = [await site.visit(kind, id, site.a), await site.visit(kind, id, site.b)];
    if (here.print === there.print) return;
    assert.ok(Date.now() < deadline, 'the server is well, and nothing is shared');
  }
}
