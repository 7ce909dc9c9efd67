import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nextEntry, streamOf } from '../support/fixtures.js';
import { Generation, Instance, ROUTE } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';
import { Redis } from '../support/redis.js';
import { until } from '@larder/harness/until';

const ended: (() => Promise<void>)[] = [];
const suite = { after: (task: () => Promise<void>): void => void ended.push(task) };
after(async () => {
  for (const end of ended.reverse()) await end();
});

/** Where a first process is connected, and where a second one. */
type Servers = readonly [RealServer, RealServer];

const STORES: Readonly<Record<string, () => Promise<Servers>>> = {
  async embedded() {
    const server = await RealServer.start(suite);
    return [server, server];
  },
  async redis() {
    const redis = await Redis.start(suite);
    const store = ['--store', `redis://${redis.host}`];
    return Promise.all([RealServer.start(suite, ...store), RealServer.start(suite, ...store)]);
  },
};

/** What a generation may turn out to be that has no value for others. */
const UNFINISHED: Readonly<Record<string, () => ReadableStream<Uint8Array>>> = {
  'a generation that fails': () => streamOf('half of it', new Error('the origin went away')),
  'a generation that is larger than any entry'() {
    let left = 65;
    const chunk = new Uint8Array(1 << 20);
    return new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    });
  },
};

for (const [store, start] of Object.entries(STORES)) {
  let servers: Servers;
  before(async () => {
    servers = await start();
  });

  test(`nobody waits for a generation that began before what it is of expired, ${store}`, async (t) => {
    const a = await Instance.at(t, [servers[0].url]);
    const b = await Instance.at(t, [servers[1].url]);
    const tags = [`outdated ${store}`];
    const key = `outdated ${store}`;
    await a.fill(key, 'old', { tags });
    await a.handler.updateTags(tags);
    const before = new Generation();
    const leading = a.read(key, before, { tags });
    await before.running();
    const after = new Generation();
    const waiting = b.read(key, after, { tags });
    await b.roundTrip();
    assert.equal(after.started, 0);

    await a.handler.updateTags(tags);
    await after.running();
    const following = a.read(key, new Generation(), { tags });
    await a.roundTrip();
    before.end('before');
    assert.equal(await leading, 'before #1');
    await a.roundTrip();
    after.end('after');
    assert.equal(await waiting, 'after #1');
    assert.equal(await following, 'after #1');
    assert.equal(await b.peek(key), 'after #1');
  });

  test(`what must not be shared lets go of all who wait for it at once, ${store}`, async (t) => {
    const readers = await Promise.all(
      [0, 1, 0, 1, 0, 1].map((at) => Instance.at(t, [servers[at]!.url])),
    );
    const [first, ...others] = readers;
    const generation = new Generation();
    const key = `unshareable ${store}`;
    const unshareable = { expire: 0, revalidate: 0 };
    const leading = first!.read(key, generation, unshareable);
    await generation.running();
    const waiting = others.map((at) => at.read(key, generation, unshareable));
    await Promise.all(others.map((at) => at.roundTrip()));
    assert.equal(generation.started, 1);
    generation.end();
    await leading;
    await generation.running(readers.length);
    generation.end();
    assert.equal(new Set(await Promise.all(waiting)).size, others.length);
  });

  for (const [what, value] of Object.entries(UNFINISHED)) {
    test(`${what} lets go of all who wait for it at once, ${store}`, async (t) => {
      const wait = 60_000;
      const at = (which: number) => Instance.at(t, [servers[which]!.url], { wait });
      const [first, ...others] = await Promise.all([0, 1, 0, 1].map(at));
      const key = `${what} ${store}`;
      assert.equal(await first!.handler.get(key, ROUTE), undefined);
      const waiting = others.map((each) => each.handler.get(key, ROUTE));
      await Promise.all(others.map((each) => each.roundTrip()));
      await first!.handler.set(key, Promise.resolve(nextEntry('', { value: value() })));
      assert.deepEqual(await Promise.all(waiting), [undefined, undefined, undefined]);
      for (const { emitted } of others) {
        const waited = emitted.flatMap((event) => (event.type === 'lookup' ? [event.waited] : []));
        assert.ok(Math.max(...waited) < wait, `${waited.join(' and ')} ms`);
      }
    });
  }

  test(`two processes do not go on with two values of one key, ${store}`, async (t) => {
    const a = await Instance.at(t, [servers[0].url]);
    const b = await Instance.at(t, [servers[1].url]);
    const key = `replaced ${store}`;
    await a.fill(key, 'one');
    assert.equal(await a.peek(key), 'one #1');
    assert.equal(await b.peek(key), 'one #1');
    // Somebody who could not wait generates too.
    await b.handler.set(key, Promise.resolve(nextEntry('two')));
    let shown: string[] = [];
    const shows = async (): Promise<boolean> => {
      shown = await Promise.all(
        [a, b].map(async (each) => `${await each.peek(key)} (${each.outcome})`),
      );
      return shown.every((how) => how === 'two (near)');
    };
    await until(() => `both show 'two (near)', not ${shown.join(' and ')}`, shows, {
      within: 20_000,
    });
  });
}
