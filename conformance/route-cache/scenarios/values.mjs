import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { FORMS } from '../next/values.mjs';
import { isAnswered, isHit } from '../../use-cache/scenarios/expect.mjs';

/** What comes back is what went in, with its types. */
export const values = scenarios(
  'Route cache: values',
  (holds) => {
    const kinds = {
      APP_PAGE: 'A page of the App Router',
      APP_ROUTE: 'The response of a route handler',
      PAGES: 'A page of the Pages Router',
      REDIRECT: 'A redirect of getStaticProps',
      FETCH: 'A fetched response',
    };
    for (const [kind, what] of Object.entries(kinds)) {
      holds(
        `${what} is read on B as it was stored on A`,
        'response-cache/types.d.ts; nextjs-cache-handler#99',
        async (fleet) => {
          const call = await fleet.seed(fleet.a, `${kind} é`, { kind });
          const seen = await fleet.b.read(call);
          isHit(seen, `${kind} é`);
          hold(seen.about.problems.length === 0, () => seen.about.problems.join('; '));
        },
      );
    }

    for (const form of Object.keys(FORMS)) {
      holds(
        `Stored on A, ${form} is a hit on B, and as it was`,
        'unstable-cache.js, patch-fetch.js',
        async (fleet) => {
          const call = await fleet.seed(fleet.a, form, { kind: 'FETCH', form });
          for (const reader of [fleet.b, fleet.a]) {
            const seen = await reader.read(call);
            hold(seen.outcome === 'hit', `${reader.name} did not find it and generated it again`);
            hold(seen.about.problems.length === 0, () => seen.about.problems.join('; '));
          }
        },
      );
    }

    for (const [kind, what] of Object.entries({
      APP_PAGE: 'A page',
      APP_ROUTE: 'The response of a route handler',
    })) {
      holds(
        `${what} stays as it was stored, whatever its readers do with the buffers they were given`,
        'response-cache/types.d.ts: Buffer',
        async (fleet) => {
          const call = await fleet.seed(fleet.a, kind, { kind, corrupts: true });
          for (const reader of [fleet.a, fleet.b, fleet.a, fleet.b]) {
            const seen = await reader.read(call);
            isHit(seen, kind, reader.name);
            hold(seen.about.problems.length === 0, () => seen.about.problems.join('; '));
          }
        },
      );
    }

    holds(
      'That a page was not found is remembered on B',
      'response-cache/types.d.ts: `value: null`',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, 'nothing', { kind: 'NOT_FOUND' });
        const seen = await fleet.b.read(call);
        hold(
          seen.outcome === 'hit',
          `B ${seen.outcome === 'generated' ? 'rendered it again' : 'was told it is stale'}`,
        );
      },
    );

    holds(
      'The shell of a page with holes is read without the data of a whole page',
      'file-system-cache.js; opennextjs-cloudflare#1225',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, 'shell', { ppr: true });
        const seen = await fleet.b.read(call);
        isHit(seen, 'shell');
        hold(seen.about.problems.length === 0, () => seen.about.problems.join('; '));
      },
    );

    holds(
      'The cache control of a page is read as it was stored',
      'incremental-cache/index.js, since 16.4',
      async (fleet) => {
        for (const life of [
          { revalidate: 120, expire: 7200 },
          { revalidate: false, expire: undefined },
        ]) {
          const call = await fleet.seed(fleet.a, 'page', {
            key: fleet.key(String(life.revalidate)),
            life,
          });
          const seen = await fleet.b.read(call);
          isHit(seen, 'page');
          const { revalidate, expire } = seen.about.cacheControl ?? {};
          hold(
            revalidate === life.revalidate && expire === life.expire,
            `revalidate ${life.revalidate}, expire ${life.expire} came back as ${revalidate}, ${expire}`,
          );
        }
      },
    );

    holds(
      'A page of one build is not served by another',
      'incremental-cache/index.js: keys carry no build',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, 'of a build');
        const c = await fleet.join('C', { CONFORMANCE_BUILD: 'another-build' });
        fleet.origin.put(call.key, 'of another build');
        isAnswered(await c.read(call), 'of another build', 'C');
      },
    );

    holds('What is fetched outlives a deployment', 'wish; vercel/next.js#85311', async (fleet) => {
      const call = await fleet.seed(fleet.a, 'fetched', { kind: 'FETCH' });
      const c = await fleet.join('C', { CONFORMANCE_BUILD: 'another-build' });
      isHit(await c.read(call), 'fetched', 'C');
    });
  },
  { interface: 'routes' },
);
