import { setTimeout as pause } from 'node:timers/promises';
import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { GATHERED, isAnswered } from '../../use-cache/scenarios/expect.mjs';

/** Requests on each instance. */
const CROWD = 10;

/** Milliseconds within which something is done that waits for nothing. */
const PROMPT = 1000;

/** The same read of many requests on both instances. */
function crowd({ a, b }, call) {
  return [a, b].flatMap((each) => Array.from({ length: CROWD }, () => each.read(call)));
}

/** One render for all, and nobody waits for the store. */
export const once = scenarios(
  'Route cache: once',
  (holds) => {
    for (const [kind, what] of [
      ['APP_PAGE', 'page'],
      ['FETCH', 'fetched response'],
    ]) {
      holds(
        `Twenty cold requests for a ${what} on two instances are one generation`,
        'wish',
        async (fleet) => {
          fleet.apart();
          const call = { key: fleet.key(), kind };
          fleet.origin.put(call.key, 'value');
          const end = fleet.origin.hold(call.key);
          const reading = crowd(fleet, call);
          await fleet.origin.began(call.key);
          await pause(GATHERED);
          end();
          for (const seen of await Promise.all(reading)) isAnswered(seen, 'value', 'somebody');
          const times = fleet.origin.asked(call.key);
          hold(times === 1, `it was generated ${times} times`);
        },
      );
    }

    holds(
      'Twenty requests for a page whose time has come are one render',
      'wish',
      async (fleet) => {
        fleet.apart();
        const began = performance.now();
        const call = await fleet.seed(fleet.a, 'old', { life: { revalidate: 1, expire: 3600 } });
        fleet.origin.put(call.key, 'new');
        await fleet.aged(1.6, began);
        const end = fleet.origin.hold(call.key);
        for (const seen of await Promise.all(crowd(fleet, call)))
          isAnswered(seen, 'old', 'somebody');
        await fleet.origin.began(call.key, 2);
        end();
        await fleet.stored(fleet.a);
        await fleet.stored(fleet.b);
        const times = fleet.origin.asked(call.key) - 1;
        hold(times === 1, `it was rendered ${times} times`);
      },
    );

    holds(
      'A page that is answered from the shell of its route keeps nobody waiting for it',
      'app-page-runtime.js, fallbackResponse',
      async (fleet) => {
        const call = { key: fleet.key(), ppr: true, shell: true };
        await fleet.a.read({ ...call, key: fleet.key('another of its route') });
        await fleet.stored(fleet.a);
        for (const one of [fleet.a, fleet.b, fleet.a]) {
          const seen = await one.read(call);
          isAnswered(seen, 'shell', one.name);
          hold(seen.ms < PROMPT, `${one.name} answered after ${Math.round(seen.ms)} ms`);
        }
      },
    );

    holds(
      'Who waits for a page whose render fails waits for no longer than that render',
      'wish: response-cache/index.js does not call `set`',
      async (fleet) => {
        fleet.apart();
        const call = { key: fleet.key() };
        fleet.origin.put(call.key, '', { failure: 'the origin is away' });
        const end = fleet.origin.hold(call.key);
        const leader = fleet.a.read(call).catch(() => {});
        await fleet.origin.began(call.key);
        const follower = fleet.b.read(call).catch(() => {});
        await pause(GATHERED);
        end();
        await leader;
        const since = performance.now();
        await fleet.origin.began(call.key, 2);
        const waited = performance.now() - since;
        await follower;
        hold(waited < PROMPT, `B rendered ${Math.round(waited)} ms after A had failed`);
      },
    );

    holds(
      'A page is answered within two seconds of its render while the store is frozen',
      'response-cache/index.js awaits `set`; next.js#98716',
      async (fleet) => {
        const { store } = fleet;
        await store.freeze();
        try {
          const call = { key: fleet.key() };
          fleet.origin.put(call.key, 'value');
          const seen = await fleet.a.read(call);
          isAnswered(seen, 'value', 'A');
          hold(seen.ms < 2000, `it took ${Math.round(seen.ms)} ms`);
        } finally {
          await store.thaw();
        }
      },
      { fresh: true },
    );
  },
  { interface: 'routes' },
);
