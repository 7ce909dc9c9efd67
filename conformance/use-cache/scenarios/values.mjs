import { randomBytes } from 'node:crypto';
import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { isAnswered, isHit } from './expect.mjs';

const MEGABYTE = 1 << 20;

/** Parts of cache keys, which Next.js makes out of the arguments of a function. */
const ODD = [
  'plain',
  'Plain',
  'plain\0',
  'pla\0in',
  'a:b',
  'a_b',
  'a/b',
  'a b',
  'a*b',
  'é',
  'e\u0301',
  `${'x'.repeat(100_000)}1`,
  `${'x'.repeat(100_000)}2`,
];

/** The same out of binary arguments, whose bytes Next.js reads as UTF-16. */
const HALVES = ['\ud800', '\ud801', '\udfff', '\ufffd'];

/** What comes back is what went in. */
export const values = scenarios('Values', (holds) => {
  const shapes = {
    text: 'Grüße ✓',
    'every byte': Uint8Array.from({ length: 256 }, (_, i) => i),
    nothing: '',
    'a megabyte': randomBytes(MEGABYTE),
    'a hundred chunks': Array.from({ length: 100 }, () => randomBytes(100)),
    'sixteen megabytes in six chunks': Array.from({ length: 6 }, () =>
      randomBytes((16 * MEGABYTE) / 6),
    ),
  };
  for (const [shape, value] of Object.entries(shapes)) {
    holds(
      `A value of ${shape} is read on B as it was stored on A`,
      'docs: cacheHandlers, `set`',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, value);
        isHit(await fleet.b.read(call), value);
      },
    );
  }

  holds(
    'Tags and lifetimes are read as they were stored',
    'docs: cacheHandlers, CacheEntry',
    async (fleet) => {
      const lives = [
        { stale: 30, revalidate: 60, expire: 3600 },
        { stale: 300, revalidate: 900, expire: 4294967294 },
        { stale: 4294967294, revalidate: 4294967294, expire: 4294967294 },
      ];
      for (const life of lives) {
        const tags = [
          fleet.tag('caf%C3%A9'),
          ...Array.from({ length: 127 }, (_, i) => fleet.tag('t'.repeat(200) + i)),
        ];
        const call = await fleet.seed(fleet.a, 'value', {
          key: fleet.key(JSON.stringify(life)),
          tags,
          life,
        });
        const seen = await fleet.b.read(call);
        isHit(seen, 'value');
        for (const [name, seconds] of Object.entries(life)) {
          hold(seen.about[name] === seconds, `${name} ${seconds} came back as ${seen.about[name]}`);
        }
        const missing = tags.filter((tag) => !seen.about.tags.includes(tag));
        hold(missing.length === 0, `${missing.length} of ${tags.length} tags did not come back`);
      }
    },
  );

  const keys = {
    'Keys that differ in a letter, a sign, a NUL or after 100,000 characters are different entries':
      ODD,
    'Keys that differ in half a character, as those of binary arguments do, are different entries':
      HALVES,
  };
  for (const [sentence, parts] of Object.entries(keys)) {
    holds(sentence, 'React encodeReply; use-cache-wrapper.js', async (fleet) => {
      const calls = parts.map((part) => ({ key: `${fleet.key()}${part}` }));
      for (const [i, { key }] of calls.entries()) fleet.origin.put(key, `value ${i}`);
      await fleet.a.request({ reads: calls });
      await fleet.stored(fleet.a);
      const { reads } = await fleet.b.request({ reads: calls });
      for (const [i, seen] of reads.entries()) {
        isHit(seen, `value ${i}`, `the reader of ${JSON.stringify(parts[i].slice(0, 8))}`);
      }
    });
  }

  holds(
    'A key that was never stored is a miss, and a miss is undefined',
    'types.d.ts, CacheHandler.get',
    async (fleet) => {
      const { value, calls } = await fleet.b.call('get', fleet.key(), []);
      hold(!calls[0].failed, `get failed: ${calls[0].failed}`);
      hold(value === undefined, `get answered ${value === null ? 'null' : typeof value}`);
    },
  );

  holds(
    'Every reader gets a stream of its own',
    'docs: cacheHandlers, `get`; vercel/next.js#97934',
    async (fleet) => {
      const value = randomBytes(MEGABYTE);
      const call = await fleet.seed(fleet.a, value);
      const seen = await Promise.all(Array.from({ length: 8 }, () => fleet.b.read(call)));
      for (const one of seen) isAnswered(one, value);
      isHit(await fleet.b.read(call), value);
    },
  );

  for (const [size, value] of Object.entries({
    'A small value': 'small',
    'A megabyte': randomBytes(MEGABYTE),
  })) {
    holds(
      `${size} stays as it was stored, whatever a reader does with the bytes it was given`,
      'docs: cacheHandlers, `get`; React: a cached Uint8Array is a view of them',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, value);
        for (const reader of [fleet.a, fleet.b, fleet.a, fleet.b]) {
          isHit(await reader.read({ ...call, corrupts: true }), value, reader.name);
        }
      },
    );

    holds(
      `${size} stays as it was stored, whatever the request that generated it does with its bytes`,
      'use-cache-wrapper.js: the same chunks go to the request',
      async (fleet) => {
        const call = await fleet.seed(fleet.a, value, { corrupts: true });
        isHit(await fleet.a.read(call), value, 'A');
        isHit(await fleet.b.read(call), value);
      },
    );
  }

  holds(
    'An entry whose stream nobody reads is still there for the next',
    'vercel/next.js#97934',
    async (fleet) => {
      const value = randomBytes(MEGABYTE);
      const call = await fleet.seed(fleet.a, value);
      await fleet.b.read({ ...call, unread: true });
      isHit(await fleet.b.read(call), value);
    },
  );

  holds(
    'A thousand reads of 256 KiB, half of them unread, leave less than 64 MiB behind',
    'vercel/next.js#97934, #92287',
    async (fleet) => {
      const call = await fleet.seed(fleet.a, randomBytes(256 << 10));
      const retained = await fleet.b.retains(call.key, 1000);
      hold(retained < 64 * MEGABYTE, `${Math.round(retained / MEGABYTE)} MiB were still reachable`);
    },
  );

  holds(
    'What A generates again replaces what B was served before, within two seconds',
    'use-cache-wrapper.js: on-demand revalidation',
    async (fleet) => {
      const call = await fleet.seed(fleet.a, 'old');
      isHit(await fleet.b.read(call), 'old');
      const began = performance.now();
      await fleet.seed(fleet.a, 'new', call);
      await fleet.aged(2, began);
      isHit(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'When two instances generate one key, what is stored last replaces what the other serves, within two seconds',
    'wish: instances that show different values until the entry expires',
    async (fleet) => {
      fleet.apart();
      const call = { key: fleet.key() };
      fleet.origin.put(call.key, 'old');
      const endOld = fleet.origin.hold(call.key);
      const first = fleet.a.read(call);
      await fleet.origin.began(call.key);
      fleet.origin.put(call.key, 'new');
      const endNew = fleet.origin.hold(call.key);
      const second = fleet.b.read(call);
      // Who waits for A's generation generates alone once that has taken too long.
      await fleet.origin.began(call.key, 2);
      endOld();
      await first;
      await fleet.stored(fleet.a);
      isHit(await fleet.a.read(call), 'old', 'A');
      endNew();
      await second;
      const ended = performance.now();
      await fleet.stored(fleet.b);
      await fleet.aged(2, ended);
      isHit(await fleet.a.read(call), 'new', 'A');
      isHit(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'What an instance generates on demand before it ever asked the handler is shared',
    'use-cache-wrapper.js: on-demand revalidation',
    async (fleet) => {
      const c = await fleet.launch('C');
      const key = fleet.key();
      fleet.origin.put(key, 'value');
      await c.read({ key }, { bypass: true });
      await fleet.stored(c);
      isHit(await fleet.b.read({ key }), 'value');
    },
  );

  holds(
    'A value whose stream fails is not stored',
    'use-cache-wrapper.js, collectResult',
    async (fleet) => {
      const key = fleet.key();
      fleet.origin.put(key, 'half a value', { failure: 'the database went away' });
      await fleet.a.read({ key }).catch(() => {});
      await fleet.stored(fleet.a);
      fleet.origin.put(key, 'whole');
      isAnswered(await fleet.b.read({ key }), 'whole');
    },
  );

  holds(
    'A function that reads root params is found by its params',
    'use-cache-wrapper.js, saveToCacheHandler',
    async (fleet) => {
      const call = await fleet.seed(fleet.a, 'in German', { rootParams: { lang: 'de' } });
      isHit(await fleet.b.read(call), 'in German');
      fleet.origin.put(call.key, 'in English');
      const english = { ...call, rootParams: { lang: 'en' } };
      isAnswered(await fleet.b.read(english), 'in English');
    },
  );

  holds('A value damaged in the store is not served', 'vercel/next.js#96338', async (fleet) => {
    const { store } = fleet;
    const value = randomBytes(64 << 10);
    const call = await fleet.seed(fleet.a, value);
    await store.damage(value);
    await fleet.share();
    const c = await fleet.join('C');
    fleet.origin.put(call.key, 'whole');
    const seen = await c.read(call);
    hold(seen.outcome === 'generated', 'C was served it');
    isAnswered(seen, 'whole', 'C');
  });
});
