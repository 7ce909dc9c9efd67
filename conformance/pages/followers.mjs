import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { built } from './apps.mjs';
import { kindsOf } from './kinds.mjs';
import { tableOf } from './results.mjs';
import { newId, Site } from './site.mjs';

/** Milliseconds a generation takes. */
const GENERATION = 200;

/** Milliseconds a follower may take beyond the render of whoever leads, and beyond its own. */
const ALLOWANCE = 100;

/** How often it is tried: a busy machine makes a visit longer, a wait does so each time. */
const TRIES = 4;

/** Milliseconds after which B asks once more for what A was asked for. */
const LATER = 3000;

const testOptions = { timeout: 300_000 };

/**
 * What may lie between the visit of A and that of B, by its name. Each tells what both were
 * answered, and whether they were asked at the same time.
 */
const rounds = {
  'at the same time': async ({ site, kind, id }) => {
    const leader = site.visit(kind, id, site.a);
    await pause(20);
    const follower = site.visit(whole(kind), id, site.b);
    return { leader: await leader, follower: await follower, together: true };
  },
  'at once': async ({ site, kind, id }) => ({
    leader: await site.visit(kind, id, site.a),
    follower: await site.visit(whole(kind), id, site.b),
    together: false,
  }),
  'at once, after an invalidation': async ({ site, kind, id }) => {
    for (const one of [site.a, site.b]) await site.visit(whole(kind), id, one);
    await site.invalidate((kind.route ?? kind.path)(id));
    return rounds['at once']({ site, kind, id });
  },
};

/**
 * Nobody waits for what nobody generates: A is asked for a page and then B, for all kinds of pages
 * of an app. Registers the tests.
 *
 * @param {string} app one of those in `apps.mjs`
 */
export function followers(app) {
  describe(`${app}: nobody waits for what nobody generates`, () => {
    const settings = { LARDER_TIMEOUT: '1000' };
    const site = new Site(app, 'larder', { generation: GENERATION, settings });
    const own = new Site(app, 'own', { generation: GENERATION });
    const later = [];
    const table = tableOf({
      title: `Who follows: ${app}`,
      about:
        `A was asked for a page that takes ${GENERATION} ms to generate, then B. Milliseconds until B had answered; in the last column, an ` +
        "instance on Next.js' own cache that nobody helps.",
      columns: ['page', ...Object.keys(rounds), `${LATER / 1000} s later`, "Next.js' own"],
    });
    const cells = new Map();

    before(async () => {
      for (const cache of ['larder', 'own']) await built(app, cache);
      await Promise.all([site.start(), own.start()]);
      for (const one of [site.a, site.b]) await warm(site, one);
      await warm(own, own.b);
    }, testOptions);

    after(async () => {
      const complete = [...cells.values()].filter(
        (row) => row.length === Object.keys(rounds).length + 3,
      );
      for (const row of complete) table.row(...row);
      await Promise.all([site.stop(), own.stop()]);
    });

    for (const kind of kindsOf(app)) {
      test(kind.name, testOptions, async () => {
        const control = await alone(own, kind);
        const row = [kind.name];
        cells.set(kind, row);
        for (const [when, round] of Object.entries(rounds)) {
          const { leader, follower, excess } = await best(
            () => round({ site, kind, id: newId() }),
            control,
          );
          row.push(Math.round(follower.ms));
          // Next.js' own cache has no data for some navigations that Larder answers.
          const asWell = follower.status === control.status || follower.status < 400;
          assert.ok(asWell, `${when}: ${follower.status}, alone it is ${control.status}`);
          const story = `${when}: A took ${leader.ms} ms, B ${follower.ms}, alone it is ${control.ms}`;
          assert.ok(excess <= ALLOWANCE, story);
          if (!kind.draft && leader.print) assert.equal(follower.print, leader.print, when);
        }
        const id = newId();
        const leader = await site.visit(kind, id, site.a);
        later.push({ kind, id, control, leader, ended: performance.now() });
      });
    }

    test(`B is asked ${LATER / 1000} s later`, testOptions, async () => {
      const late = [];
      for (const { kind, id, control, leader, ended } of later) {
        await pause(Math.max(0, ended + LATER - performance.now()));
        const follower = await site.visit(whole(kind), id, site.b);
        cells.get(kind).push(Math.round(follower.ms), Math.round(control.ms));
        // It is only asked once: what a busy machine adds must not count.
        if (excessOf({ leader, follower, together: false }, control) > 10 * ALLOWANCE)
          late.push(kind.name);
      }
      assert.deepEqual(late, []);
    });
  });
}

/** The same way to ask, by somebody who stays. */
function whole(kind) {
  return { ...kind, aborted: undefined };
}

/** Has every page asked for once: what is loaded then is not loaded again. */
async function warm(site, instance) {
  await Promise.all(kindsOf(site.app).map((kind) => site.visit(whole(kind), newId(), instance)));
}

/**
 * What a page takes an instance that finds nothing. It is the measure of what a follower may take.
 */
async function alone(own, kind) {
  if (kind.fixed) await own.invalidate((kind.route ?? kind.path)(''));
  return own.visit(whole(kind), newId(), own.b);
}

/** The try in which a follower waited least beyond what it may. */
async function best(round, control) {
  let found;
  for (let tries = 0; tries < TRIES; tries++) {
    const { leader, follower, together } = await round();
    const excess = excessOf({ leader, follower, together }, control);
    if (!found || excess < found.excess) found = { leader, follower, excess };
    if (found.excess <= ALLOWANCE) break;
  }
  return found;
}

/**
 * What a follower waited beyond the bound: while the leader renders, and then no longer than it
 * takes itself if nothing came of that.
 *
 * @returns {number} milliseconds; below 0 it waited for less
 */
function excessOf({ leader, follower, together }, control) {
  // Who goes away does not end the render: B may wait for what is left of it.
  const left = leader.status === 0 ? Math.max(0, control.ms - leader.ms) : 0;
  const render = leader.status === 0 ? control.ms : leader.ms;
  return follower.ms - control.ms - (together ? render : left);
}
