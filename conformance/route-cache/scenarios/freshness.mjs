import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { isAnswered, isHit, isStale } from '../../use-cache/scenarios/expect.mjs';
import { MAX, shared } from '../../use-cache/scenarios/invalidation.mjs';

/** What a reader of a `fetch` says that takes it for fresh for a second, and no longer. */
const BRIEF = { life: { revalidate: 1 } };

/**
 * Has such a reader fetch 'old' on A.
 *
 * @param {import('../../fleet/fleet.mjs').Fleet} fleet
 * @returns {Promise<object>} the call of it, as a reader of a longer life makes it
 */
async function fetchedBriefly(fleet) {
  const asked = { kind: 'FETCH', tags: [fleet.tag()], ...BRIEF };
  const { life, ...call } = await fleet.seed(fleet.a, 'old', asked);
  return call;
}

/**
 * Invalidates on A, in a millisecond of its own.
 *
 * @param {import('../../fleet/fleet.mjs').Fleet} fleet
 * @param {string[]} tags
 * @param {{ expire?: number }} [durations] seconds; none is at once
 */
async function invalidated(fleet, tags, durations) {
  await fleet.tick();
  await fleet.a.invalidate(tags, durations);
}

/** What is stale is served and refreshed, what has expired is not served, on every instance. */
export const freshness = scenarios(
  'Route cache: freshness',
  (holds) => {
    holds(
      'A page whose time has come is served on B and rendered behind it',
      'docs: ISR, revalidate',
      async (fleet) => {
        const began = performance.now();
        const call = await fleet.seed(fleet.a, 'old', { life: { revalidate: 1, expire: 3600 } });
        fleet.origin.put(call.key, 'new');
        await fleet.aged(1.6, began);
        isStale(await fleet.b.read(call), 'old');
        await fleet.stored(fleet.b);
        isAnswered(await fleet.a.read(call), 'new', 'A');
      },
    );

    for (const [kind, what] of [
      ['APP_PAGE', 'page'],
      ['APP_ROUTE', 'route handler'],
      ['FETCH', 'fetched response'],
    ]) {
      holds(
        `After revalidateTag(tag) on A, no ${what} of it is served on B`,
        'docs: revalidateTag; nextjs-cache-handler#231',
        async (fleet) => {
          const call = await shared(fleet, { kind, tags: [fleet.tag()] });
          await invalidated(fleet, call.tags);
          isAnswered(await fleet.b.read(call), 'new');
        },
      );

      holds(
        `After revalidateTag(tag, 'max') on A, a ${what} of it is served on B and refreshed behind it`,
        'docs: revalidateTag, profile',
        async (fleet) => {
          const call = await shared(fleet, { kind, tags: [fleet.tag()] });
          await invalidated(fleet, call.tags, MAX);
          isStale(await fleet.b.read(call), 'old');
          await fleet.stored(fleet.b);
          isHit(await fleet.a.read(call), 'new', 'A');
        },
      );
    }

    const commas = {
      'two parts': (tag) => `${tag},b`,
      'three parts': (tag) => `a,${tag},c`,
      JSON: (tag) => JSON.stringify({ type: 'product', id: tag, lang: 'de' }),
      'an empty part': (tag) => `${tag},`,
    };
    for (const [what, made] of Object.entries(commas)) {
      holds(
        `After revalidateTag on A of a tag with commas (${what}), no page of it is served on B`,
        'app-render.js: tags joined by commas in `x-next-cache-tags`',
        async (fleet) => {
          const tag = made(fleet.tag());
          const call = await shared(fleet, {
            tags: ['_N_T_/layout', fleet.tag('other'), tag, fleet.tag('more')],
          });
          await invalidated(fleet, [tag]);
          isAnswered(await fleet.b.read(call), 'new');
        },
      );
    }

    holds(
      'After revalidatePath on A of a path with a comma, no page of it is served on B',
      'app-render.js: tags joined by commas in `x-next-cache-tags`',
      async (fleet) => {
        const path = `_N_T_${fleet.path('a')},b`;
        const call = await shared(fleet, { tags: ['_N_T_/layout', '_N_T_/[page]/page', path] });
        await invalidated(fleet, [path]);
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'A page of 2000 tags is shared, and expired by the last of them',
      'fetch: 128 tags each, and a page has those of all',
      async (fleet) => {
        const tags = Array.from({ length: 2000 }, (_, i) => fleet.tag(`${i}`));
        const call = await shared(fleet, { tags });
        await invalidated(fleet, tags.slice(-1));
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'A page of a path of 1000 letters that are encoded is shared, and expired by revalidatePath',
      'encode-header-safe.js; revalidate.js: 1024 letters',
      async (fleet) => {
        const path = `_N_T_${fleet.path(encodeURIComponent('漢'.repeat(1000)))}`;
        const call = await shared(fleet, { tags: ['_N_T_/layout', path] });
        await invalidated(fleet, [path]);
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      "After revalidateTag(tag, 'max') on A, a page without an end to its life is stale on B",
      'incremental-cache/index.js: tags manifest of one process',
      async (fleet) => {
        const life = { revalidate: false, expire: undefined };
        const call = await shared(fleet, { tags: [fleet.tag()], life });
        await invalidated(fleet, call.tags, MAX);
        isStale(await fleet.b.read(call), 'old');
      },
    );

    holds(
      'What is rendered after revalidateTag(tag, { expire: 1 }) is still a hit after that second',
      'docs: revalidateTag, expire',
      async (fleet) => {
        const call = await shared(fleet, { tags: [fleet.tag()] });
        const began = performance.now();
        await invalidated(fleet, call.tags, { expire: 1 });
        await fleet.seed(fleet.a, 'new', call);
        await fleet.aged(1.6, began);
        isHit(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'What nobody rendered in the second of revalidateTag(tag, { expire: 1 }) is not served after it',
      'docs: revalidateTag, expire',
      async (fleet) => {
        const call = await shared(fleet, { tags: [fleet.tag()] });
        const began = performance.now();
        await invalidated(fleet, call.tags, { expire: 1 });
        await fleet.aged(1.6, began);
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'A page that began to be rendered before revalidateTag and ends after it is not served then',
      'wish; docs: revalidateTag',
      async (fleet) => {
        const call = { key: fleet.key(), tags: [fleet.tag()] };
        fleet.origin.put(call.key, 'old');
        const end = fleet.origin.hold(call.key);
        const reading = fleet.a.read(call);
        await fleet.origin.began(call.key);
        await fleet.b.invalidate(call.tags);
        fleet.origin.put(call.key, 'new');
        end();
        await reading;
        await fleet.stored(fleet.a);
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'After res.revalidate() on A, B serves the new page within two seconds',
      'docs: res.revalidate',
      async (fleet) => {
        const call = await shared(fleet, { kind: 'PAGES', life: { revalidate: false } });
        const began = performance.now();
        await fleet.seed(fleet.a, 'new', call);
        await fleet.aged(2, began);
        isHit(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'What a reader of a shorter life has fetched anew on B is served to readers of a longer life on A, within two seconds',
      'patch-fetch.js: each reader says its `revalidate`',
      async (fleet) => {
        const began = performance.now();
        const call = await shared(fleet, { kind: 'FETCH' });
        await fleet.aged(1.6, began);
        isStale(await fleet.b.read({ ...call, ...BRIEF }), 'old');
        const fetched = performance.now();
        await fleet.stored(fleet.b);
        await fleet.aged(2, fetched);
        isAnswered(await fleet.a.read(call), 'new', 'A');
        isAnswered(await fleet.b.read(call), 'new');
      },
    );

    holds(
      'What a reader of a shorter life has fetched is a hit for readers of a longer life, as long as that is, and stale for its own',
      'incremental-cache/index.js: `revalidate` of the reader',
      async (fleet) => {
        const began = performance.now();
        const call = await fetchedBriefly(fleet);
        await fleet.aged(1.6, began);
        for (const reader of [fleet.b, fleet.a, fleet.b])
          isHit(await reader.read(call), 'old', reader.name);
        isStale(await fleet.b.read({ ...call, ...BRIEF }), 'old');
        await fleet.stored(fleet.b);
      },
    );

    holds(
      "After revalidateTag(tag, 'max') on A, what a reader of a shorter life has fetched is stale on B for every reader",
      'incremental-cache/index.js: tags before `revalidate`',
      async (fleet) => {
        const began = performance.now();
        const call = await fetchedBriefly(fleet);
        await invalidated(fleet, call.tags, MAX);
        await fleet.aged(1.6, began);
        isStale(await fleet.b.read(call), 'old');
      },
    );

    holds(
      'The path of a reader expires what it fetched, and not what another reader finds',
      'patch-fetch.js: softTags',
      async (fleet) => {
        const call = await shared(fleet, { kind: 'FETCH' });
        await fleet.tick();
        await fleet.a.invalidate([`_N_T_${fleet.path()}`]);
        isHit(await fleet.b.read(call, { path: fleet.path('other') }), 'old');
        isAnswered(await fleet.b.read(call, { path: fleet.path() }), 'new');
      },
    );

    holds(
      'A page that fails to render anew is still served as it was',
      'response-cache/index.js, retainPreviousCacheEntry',
      async (fleet) => {
        const call = await shared(fleet, { tags: [fleet.tag()] });
        await invalidated(fleet, call.tags, MAX);
        fleet.origin.put(call.key, 'half', { failure: 'the database went away' });
        isAnswered(await fleet.a.read(call), 'old', 'A');
        await fleet.stored(fleet.a);
        const seen = await fleet.b.read(call);
        hold(seen.outcome !== 'generated', 'B had to render it');
        isAnswered(seen, 'old');
      },
    );
  },
  { interface: 'routes' },
);
