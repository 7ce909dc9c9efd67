import { scenarios } from '../../fleet/scenario.mjs';
import { isAnswered, isHit } from './expect.mjs';
import { shared } from './invalidation.mjs';

/** The environment of an instance whose clock is ten seconds ahead, or behind. */
const AHEAD = { CONFORMANCE_CLOCK_AHEAD: '10000' };
const BEHIND = { CONFORMANCE_CLOCK_AHEAD: '-10000' };

/** A machine whose clock is ten seconds off changes nothing. */
export const clocks = scenarios('Clocks', (holds) => {
  holds(
    'What an instance with a fast clock generated is invalidated like anything else',
    'use-cache-wrapper.js: `timestamp` is a local clock',
    async (fleet) => {
      const fast = await fleet.join('C', AHEAD);
      const call = await fleet.seed(fast, 'old', { tags: [fleet.tag()] });
      isAnswered(await fleet.b.read(call), 'old');
      fleet.origin.put(call.key, 'new');
      await fleet.a.invalidate(call.tags);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'What an instance with a slow clock invalidates is not served',
    'use-cache-wrapper.js: `timestamp` is a local clock',
    async (fleet) => {
      const slow = await fleet.join('C', BEHIND);
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await slow.invalidate(call.tags);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'What is generated after an invalidation by an instance with a fast clock is cached',
    'use-cache-wrapper.js: `timestamp` is a local clock',
    async (fleet) => {
      const fast = await fleet.join('C', AHEAD);
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fast.invalidate(call.tags);
      await fleet.seed(fleet.a, 'new', call);
      isHit(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'What an instance with a slow clock generated lives as long as anything else',
    'docs: cacheLife',
    async (fleet) => {
      const slow = await fleet.join('C', BEHIND);
      const call = await fleet.seed(slow, 'value', {
        life: { stale: 300, revalidate: 5, expire: 8 },
      });
      isHit(await fleet.b.read(call), 'value');
    },
  );

  holds(
    'What an instance with a fast clock generated lives no longer than anything else',
    'docs: cacheLife',
    async (fleet) => {
      const fast = await fleet.join('C', AHEAD);
      const began = performance.now();
      const call = await fleet.seed(fast, 'old', {
        life: { stale: 300, revalidate: 1, expire: 2 },
      });
      fleet.origin.put(call.key, 'new');
      await fleet.aged(2.5, began);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );
});
