import assert from 'node:assert/strict';
import { until, untilAged } from '@larder/harness/until';

/** An id the origin has nothing for. */
const nobody = 4711;

/**
 * What must hold for the route cache of two instances of the gazette that have just started, by its
 * sentence, in this order. Each rejects when it does not hold.
 *
 * @param {{ images?: boolean }} has what the version of Next.js has
 * @returns {Record<string, (fleet: import('../support/fleet.mjs').Fleet) => Promise<void>>}
 */
export function routeGuarantees({ images = true } = {}) {
  const guarantees = {};
  const add = (sentence, holds) => (guarantees[sentence] = holds);

  add('its edge middleware builds and runs', async (fleet) => {
    for (const each of [fleet.a, fleet.b]) {
      assert.equal((await each.ask('/front')).headers.get('x-middleware-runtime'), 'edge-runtime');
    }
  });

  for (const path of ['/article/1', '/article/2', '/forever', '/feed', '/press/1', '/sealed/1']) {
    add(`the first request for ${path} finds what the build rendered, on both`, async (fleet) => {
      for (const each of [fleet.a, fleet.b]) {
        const answer = await each.ask(path);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('x-nextjs-cache'), 'HIT');
        assert.match(printOf(answer), /by a build$/);
      }
    });
  }

  for (const path of ['/article/3', '/letter/3', '/press/3']) {
    add(`${path}, which the build did not render, is rendered once for both`, async (fleet) => {
      const { a, b } = fleet;
      const many = [a, b].flatMap((each) => Array.from({ length: 10 }, () => each.ask(path)));
      const answers = await Promise.all(many);
      for (const { status } of answers) assert.equal(status, 200);
      assert.equal(new Set(answers.map(printOf)).size, 1);
    });
  }

  add(
    'a page that is a frame at first is whole on both once its data was asked for',
    async (fleet) => {
      const { a, b } = fleet;
      for (const each of [a, b]) assert.match(await each.page('/wire/3'), /one moment/);
      const data = JSON.parse(await a.page(`/_next/data/${await buildId(a)}/wire/3.json`));
      for (const each of [a, b]) {
        assert.equal(printOf(await each.ask('/wire/3')), data.pageProps.at);
      }
    },
  );

  add('a page of the Pages Router comes with its data', async (fleet) => {
    const { a, b } = fleet;
    const html = await a.page('/press/1');
    const data = `/_next/data/${await buildId(a)}/press/1.json`;
    for (const each of [a, b]) {
      const { pageProps } = JSON.parse(await each.page(data));
      assert.equal(pageProps.at, printOf({ text: html }));
    }
  });

  add('a page of the App Router comes with its data for navigations', async (fleet) => {
    const texts = [];
    for (const each of [fleet.a, fleet.b]) {
      const init = { headers: { rsc: '1' }, redirect: 'follow' };
      const { status, headers, text } = await each.ask('/article/1', init);
      assert.equal(status, 200);
      assert.match(headers.get('content-type'), /^text\/x-component/);
      texts.push(text);
    }
    assert.match(texts[0], /by a build/);
    assert.equal(texts[0], texts[1]);
  });

  add('a route that is rendered ahead keeps its bytes and headers', async (fleet) => {
    for (const each of [fleet.a, fleet.b]) {
      const answer = await fetch(`${each.url}/feed`);
      assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
      assert.equal(answer.headers.get('x-feed'), 'yes');
      const bytes = Buffer.from(await answer.arrayBuffer());
      assert.deepEqual(bytes.subarray(0, 3), Buffer.from([0xff, 0x00, 0xfe]));
    }
  });

  add('a page whose time has come is served, and rendered once for both', async (fleet) => {
    const { a, b } = fleet;
    const before = printOf(await a.ask('/front'));
    const rendered = async () => {
      const print = printOf(await a.ask('/front'));
      return print !== before && print;
    };
    const old = await until('the next render', rendered, { within: 30_000 });
    await untilAged({ generatedAt: old.split(' ')[0] }, 5200);
    const many = [a, b].flatMap((each) => Array.from({ length: 10 }, () => each.ask('/front')));
    const answers = await Promise.all(many);
    const renders = new Set(answers.map(printOf));
    renders.delete(old);
    assert.ok(renders.size <= 1, [...renders].join());
    const next = await until('the render after it', async () => {
      const print = printOf(await a.ask('/front'));
      return print !== old && print;
    });
    assert.equal(printOf(await b.ask('/front')), next);
  });

  add("revalidateTag(tag, 'max') blocks nobody, and ends in one render for both", async (fleet) => {
    const { a, b } = fleet;
    const old = printOf(await a.ask('/forever'));
    await revalidated(b, { tag: 'forever', profile: 'max' });
    const stale = await until('a page is stale', async () => {
      for (const each of [a, b]) {
        const answer = await each.ask('/forever');
        if (answer.headers.get('x-nextjs-cache') === 'STALE') return answer;
        if (printOf(answer) !== old) return answer;
      }
      return undefined;
    });
    assert.equal(printOf(stale), old);
    const next = await until('the next render', async () => {
      const print = printOf(await b.ask('/forever'));
      return print !== old && print;
    });
    for (const each of [a, b]) assert.equal(printOf(await each.ask('/forever')), next);
  });

  add('revalidateTag expires what it tags on both', async (fleet) => {
    const { a, b, origin } = fleet;
    const old = printOf(await b.ask('/article/3'));
    await origin.setPrice(3, 31_337);
    await revalidated(a, { tag: 'article:3' });
    await until('both show the price', async () => {
      const texts = await Promise.all([a, b].map((each) => each.page('/article/3')));
      return texts.every((text) => text.includes('31337'));
    });
    assert.notEqual(printOf(await b.ask('/article/3')), old);
    assert.equal(printOf(await a.ask('/article/3')), printOf(await b.ask('/article/3')));
  });

  for (const path of ['/article/2', '/press/1', '/feed']) {
    add(`revalidatePath('${path}') expires it on both`, async (fleet) => {
      const { a, b } = fleet;
      await revalidated(b, { path });
      const prints = await until('both have the next render', async () => {
        const both = await Promise.all([a, b].map(async (each) => printOf(await each.ask(path))));
        return both.every((print) => /by [AB]$/.test(print)) && both;
      });
      assert.equal(prints[0], prints[1]);
    });
  }

  for (const path of ['/press/3', '/letter/3', '/sealed/1']) {
    add(`res.revalidate('${path}') on A is true on B when it returns`, async (fleet) => {
      const { a, b } = fleet;
      const old = [a, b].map(async (each) => printOf(await each.ask(path)));
      assert.equal(new Set(await Promise.all(old)).size, 1);
      await a.page(`/api/render?path=${path}`);
      const [onB, onA] = [printOf(await b.ask(path)), printOf(await a.ask(path))];
      assert.match(onB, /by A$/);
      assert.equal(onA, onB);
      assert.notEqual(onB, await old[0]);
    });
  }

  for (const path of [`/article/${nobody}`, `/press/${nobody}`]) {
    add(`that ${path} is not found is cached for both`, async (fleet) => {
      const { a, b, origin } = fleet;
      const before = await origin.asked(`product:${nobody}`);
      for (const each of [a, b, a, b]) assert.equal((await each.ask(path)).status, 404);
      assert.ok((await origin.asked(`product:${nobody}`)) <= before + 1);
    });
  }

  for (const path of ['/article/0', '/press/0']) {
    add(`${path} redirects on both`, async (fleet) => {
      for (const each of [fleet.a, fleet.b, fleet.a]) {
        const { status, headers } = await each.ask(path);
        assert.equal(status, 307);
        assert.match(headers.get('location'), /\/front$/);
      }
    });
  }

  add('a path beyond those of a sealed page is not found', async (fleet) => {
    for (const each of [fleet.a, fleet.b]) assert.equal((await each.ask('/sealed/2')).status, 404);
  });

  add('what many requests fetch is fetched once, cold and stale', async (fleet) => {
    const { a, b, origin } = fleet;
    const ask = () =>
      Promise.all(
        [a, b].flatMap((each) => Array.from({ length: 10 }, () => each.page('/api/quote/5'))),
      );
    const cold = await ask();
    assert.equal(new Set(cold).size, 1);
    assert.equal(await origin.asked('stock:5'), 1);
    const fetchedAt = { generatedAt: new Date().toISOString() };
    await untilAged(fetchedAt, 2200);
    assert.deepEqual(new Set(await ask()), new Set(cold));
    await until('it is fetched again', async () => (await origin.asked('stock:5')) === 2);
  });

  add('revalidateTag expires what was fetched on both', async (fleet) => {
    const { a, b, origin } = fleet;
    for (const each of [a, b]) await each.page('/api/quote/6?for=3600');
    await origin.setStock(6, 77);
    await revalidated(b, { tag: 'stock:6' });
    await until('both have what the origin has', async () => {
      const texts = await Promise.all([a, b].map((each) => each.page('/api/quote/6?for=3600')));
      return texts.every((text) => JSON.parse(text).stock === 77);
    });
    assert.equal(await origin.asked('stock:6'), 2);
  });

  add('what the origin refuses is not cached, and nobody waits for it in vain', async (fleet) => {
    const { a, b, origin } = fleet;
    const answers = await Promise.all(
      [a, b].flatMap((each) => Array.from({ length: 5 }, () => each.ask(`/api/quote/${nobody}`))),
    );
    for (const { text, ms } of answers) {
      assert.equal(text, '{"missing":true}');
      assert.ok(ms < 4000, `${ms} ms`);
    }
    const asked = await origin.asked(`stock:${nobody}`);
    for (const each of [a, b]) assert.ok((await each.ask(`/api/quote/${nobody}`)).ms < 1500);
    assert.equal(await origin.asked(`stock:${nobody}`), asked + 2);
  });

  add(
    'what unstable_cache computes is computed once, until its tag is invalidated',
    async (fleet) => {
      const { a, b } = fleet;
      const ask = () =>
        Promise.all(
          [a, b].flatMap((each) => Array.from({ length: 5 }, () => each.page('/api/computed/1'))),
        );
      const first = new Set(await ask());
      assert.equal(first.size, 1);
      await revalidated(a, { tag: 'computed:1' });
      await until('it is computed again', async () => !first.has(await b.page('/api/computed/1')));
      assert.equal(new Set(await ask()).size, 1);
    },
  );

  const optimised = async (fleet) => {
    const path = '/_next/image?url=%2Flogo.png&w=32&q=75';
    const outcomes = [];
    for (const each of [fleet.a, fleet.b, fleet.a]) {
      const { status, headers } = await each.ask(path, { headers: { accept: 'image/webp' } });
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), 'image/webp');
      outcomes.push(headers.get('x-nextjs-cache'));
    }
    assert.deepEqual(outcomes, ['MISS', 'HIT', 'HIT']);
  };
  if (images) add('an image is optimised once for both', optimised);

  add('without the server every page is rendered, and none fails or hangs', async (fleet) => {
    await fleet.larder.kill();
    for (const each of [fleet.a, fleet.b]) {
      for (const path of [
        '/front',
        '/article/1',
        '/letter/9',
        '/press/9',
        '/api/quote/9',
        '/feed',
      ]) {
        const { status, ms } = await each.ask(path);
        assert.equal(status, 200, path);
        assert.ok(ms < 5000, `${path} took ${ms} ms`);
      }
    }
  });

  return guarantees;
}

/** Which render an answer is. */
function printOf({ text }) {
  const print =
    /data-printed="([^"]*)"/.exec(text) ?? /(\d{4}-\d\d-\d\dT\S+ by [\w ]+)$/.exec(text);
  if (!print) throw new Error(`the answer shows no render: ${text.slice(0, 200)}`);
  return print[1];
}

/** The build an instance runs, as its pages name it. */
async function buildId(instance) {
  const html = await instance.page('/press/1');
  return JSON.parse(/id="__NEXT_DATA__"[^>]*>([^<]*)</.exec(html)[1]).buildId;
}

/** Tells the app what changed. It may answer before that is true. */
async function revalidated(instance, body) {
  const { status } = await instance.ask('/api/revalidate', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  assert.equal(status, 200);
}
