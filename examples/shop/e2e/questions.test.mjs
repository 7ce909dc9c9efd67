import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from '@larder/harness/chromium';
import { command, Larder } from '@larder/harness/larder';
import { Member } from '@larder/harness/member';
import { freePort } from '@larder/harness/ports';
import { Redis } from '@larder/harness/redis';
import { temporaryDirectory } from '@larder/harness/temporary';
import { until } from '@larder/harness/until';
import { Fleet, patientSettings } from './support/fleet.mjs';
import { OnCall } from './support/on-call.mjs';
import { secondBuild } from './support/second-build.mjs';
import { Traffic } from './support/traffic.mjs';

/*
 * The questions of three in the morning, as docs/guide/operations.md answers them: each is provoked on real
 * processes, and then asked over the API, on the command line and in the browser. They follow each other on
 * one fleet, from a good night to a bad one.
 */

/** Within which every instance has reported anew, in ms. */
const REPORTED = 25_000;

/** The token of whoever is on call, and of the app. */
const TOKEN = 'the-one-token-of-this-test-0123456789abcdef';

/** What the webhook of the shop's CMS asks with, and what the token is called in the audit. */
const tokens = join(temporaryDirectory(), 'tokens.json');
const webhook = await created('cms', 'invalidate', 'shop');

describe('At three in the morning', () => {
  const fleet = Fleet.ofSuite('shop', {
    // Nobody who waits for a generation gives up before it is looked at.
    settings: { ...patientSettings, LARDER_TOKEN: TOKEN, LARDER_WAIT: '60000' },
    serve: ['--token', TOKEN, '--tokens', tokens, '--disk', '16'],
    names: ['A'],
  });
  /** @type {import('playwright-core').Browser} */ let browser;
  /** @type {OnCall} */ let onCall;
  /** How instances call themselves. */
  const names = {};

  before(async () => {
    browser = await launchBrowser();
    onCall = new OnCall(fleet.larder, fleet.namespace, browser, TOKEN);
    await fleet.a.page('/product/1');
    await called('A');
    await fleet.join('B');
    await fleet.b.page('/product/1');
    await called('B');
    // A generates what is asked about, and B is given it.
    await fleet.a.page('/product/5');
    for (const path of ['/', '/category/tea', '/product/5', '/product/6', '/product/7']) {
      await Promise.all([fleet.a.page(path), fleet.b.page(path)]);
    }
    await until('both have reported what pages are made of', reported, { within: REPORTED });
  });
  after(async () => {
    await onCall?.close();
    await browser?.close();
  });

  fleet.test('Is it healthy?', async () => {
    const { server } = await onCall.api('/v1/overview');
    assert.equal(server.store.ready, true);
    const { status, rows } = await onCall.larder('healthy', 'doctor');
    assert.equal(status, 0, JSON.stringify(rows));
    assert.deepEqual(
      rows.filter(({ result }) => result !== 'ok'),
      [],
    );
    const page = await onCall.screen('overview');
    await page.getByText(/Healthy: all \d+ checks are good/).waitFor();
    await onCall.picture('healthy');
  });

  fleet.test('Why is this page stale?', async () => {
    await fleet.b.webhook({ tag: 'product:5' });
    const { revision } = await until('the invalidation is there', latest);
    const why = new RegExp(
      `^/product/5: stale since \\S+: tag product:5 was invalidated at revision ${revision} by ${names.B} ` +
        `\\(revalidateTag in /api/webhook, via connection\\)$`,
    );
    const { sentence, entries } = await onCall.api('explain?path=/product/5');
    assert.match(sentence, why);
    const stale = entries.find(({ cause }) => cause === 'tag');
    assert.equal(stale.instance, names.A);
    assert.ok(stale.generationMillis >= 300);
    const { rows } = await onCall.larder('stale', 'explain', '/product/5');
    assert.match(rows[0].sentence, why);
    const page = await onCall.screen('explain', { q: '/product/5' });
    await page.locator('.verdict .sentence').getByText(why).waitFor();
    await page.getByText('Is given it as it is, and somebody generates it anew.').first().waitFor();
    await onCall.picture('stale');
  });

  fleet.test('Who invalidated what, when, from where?', async () => {
    await onCall.api('invalidate', { tags: ['product:6'] }, webhook.secret);
    const form = await fleet.a.priceForm(8);
    await form.call(1234);
    const [bought, sent] = (await onCall.api('invalidations')).invalidations;
    assert.deepEqual(sent.tags, ['product:6']);
    assert.equal(sent.source.token, webhook.id);
    assert.equal(sent.source.via, 'http');
    assert.ok(bought.tags.includes('product:8'));
    assert.equal(bought.source.action, 'updateTag');
    assert.equal(bought.source.path, '/product/8');
    assert.equal(bought.source.instance, names.A);
    const { rows } = await onCall.larder('who', 'invalidations');
    assert.deepEqual(rows.slice(0, 2), [bought, sent]);
    const page = await onCall.screen('invalidations');
    const table = page.getByRole('table', { name: /Invalidations/ });
    const row = (text) => table.getByRole('row').filter({ hasText: text });
    await row('product:6').filter({ hasText: webhook.id }).filter({ hasText: 'http' }).waitFor();
    await row('product:8').filter({ hasText: 'updateTag in /product/8' }).waitFor();
    await onCall.picture('who');
  });

  fleet.test('What does it save?', async () => {
    const { savedMillis } = await until('something is saved', async () => {
      const now = await onCall.overview();
      return now.savedMillis >= 300 && now;
    });
    const counted = await onCall.metric('larder_saved_generation_seconds_total', 'shop');
    assert.ok(counted >= savedMillis / 1000 - 0.001, `${counted} s, ${savedMillis} ms`);
    const readers = new Traffic({ reader: () => fleet.a.product(7) });
    const { rows } = await onCall.larder('saves', 'top', '--once');
    await readers.stop();
    assert.equal(rows[0].namespace, 'shop');
    assert.ok(rows[0].savedMillis >= savedMillis);
    const page = await onCall.screen('overview');
    const saved = page.locator('.numbers div').filter({ hasText: 'Origin time saved' });
    await saved.getByText(/[1-9].* since the start/).waitFor();
  });

  fleet.test('Which keys are hot, or large?', async () => {
    // What was invalidated before is removed after a minute.
    await fleet.a.page('/');
    const sorted = async (by) => (await onCall.api(`entries?sort=${by}&limit=3`)).entries;
    const readers = new Traffic({ reader: () => fleet.a.product(7) });
    const hot = await until(
      'it is known that product 7 is read most',
      async () => {
        const [first] = await sorted('reads');
        return first.tags.includes('product:7') && first.readsPerMinute > 0 && first;
      },
      { within: REPORTED, every: 200 },
    );
    const [large] = await sorted('bytes');
    assert.ok(large.tags.length > 10, 'a list of products');
    for (const [by, first] of [
      ['reads', hot],
      ['bytes', large],
    ]) {
      const { rows } = await onCall.larder('keys', 'entries', '--sort', by, '--limit', '3');
      assert.equal(rows[0].key, first.key);
    }
    const page = await onCall.screen('entries');
    const first = page.locator('main tbody tr').first();
    await first.getByText('products').waitFor();
    await page.getByLabel('First').selectOption('reads');
    await first.getByText('product:7').waitFor();
    await onCall.picture('keys');
    await readers.stop();
    readers.slowest();
  });

  fleet.test('Which tags cost most, and who invalidates them?', async () => {
    await fleet.a.product(6);
    await onCall.api('invalidate', { tags: ['product:6'] }, webhook.secret);
    await fleet.a.product(6);
    const six = await until('it is counted that product 6 was generated for its tag', async () => {
      const { tags } = await onCall.api('tags?prefix=product:6&sort=cost');
      return tags.find(({ tag, regenerations }) => tag === 'product:6' && regenerations > 0);
    });
    assert.ok(six.regenerationMillis >= 300, JSON.stringify(six));
    assert.equal(six.lastInvalidation.source.token, webhook.id);
    const { rows } = await onCall.larder('tags', 'tags', '--sort', 'cost', '--limit', '5');
    assert.equal(rows.find(({ tag }) => tag === 'product:6').regenerations, six.regenerations);
    const { rows: one } = await onCall.larder('tags', 'tags', 'product:6');
    assert.match(one[0].sentence, new RegExp(`by token ${webhook.id} \\(invalidate, via http\\)`));
    const page = await onCall.screen('tags');
    await page.getByLabel('Tag begins with').fill('product:6');
    await page.keyboard.press('Enter');
    const row = page.getByRole('row').filter({ hasText: 'product:6' }).first();
    await row.getByText(webhook.id).waitFor();
    await onCall.picture('tags');
  });

  fleet.test('What would purging this tag do?', async () => {
    const before = await onCall.api('purge', { tags: ['products'], dryRun: true });
    assert.ok(before.entries >= 3);
    assert.ok(before.generationMillis >= 3 * 300);
    const { rows } = await onCall.larder('purge', 'purge', 'products', '--dry-run');
    assert.equal(rows[0].entries, before.entries);
    const page = await onCall.screen('tags');
    await page.getByLabel('Tag begins with').fill('products');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'products', exact: true }).click();
    await page.getByRole('button', { name: /Purge/ }).click();
    const asked = page.getByRole('dialog').last();
    await asked.getByText(new RegExp(`a purge would remove .*${before.entries} entries`)).waitFor();
    await onCall.picture('purge');
    await asked.getByRole('button', { name: 'Keep' }).click();
    await page.keyboard.press('Escape');
    assert.equal(
      (await onCall.api('purge', { tags: ['products'], dryRun: true })).entries,
      before.entries,
    );
  });

  fleet.test('Is there a stampede? And what if its leader dies?', async () => {
    const { a, b, origin } = fleet;
    await origin.takes(60_000);
    const leading = a.product(20).catch(() => 'killed');
    await until('A generates', async () => (await origin.asked('product:20')) === 1);
    const following = b.product(20);
    const { leases } = await until('one waits', async () => {
      const now = await onCall.api('leases');
      return now.held === 1 && now.waiting === 1 && now;
    });
    assert.equal(leases[0].holder, names.A);
    assert.equal(leases[0].waiting, 1);
    // Both at once: the shop waits for its origin for ten seconds.
    const [{ rows }, page] = await Promise.all([
      onCall.larder('stampede', 'leases'),
      onCall.screen('instances').then(async (shown) => {
        await shown
          .getByRole('table', { name: /Leases/ })
          .getByText(names.A)
          .waitFor();
        await onCall.picture('stampede');
        return shown;
      }),
    ]);
    assert.equal(rows[0].holder, names.A);

    await origin.takes(300);
    await a.kill();
    assert.equal(await leading, 'killed');
    assert.equal((await following).generatedBy, 'B');
    assert.equal((await onCall.overview()).promotions, 1);
    assert.equal(await onCall.metric('larder_lease_promotions_total', 'shop'), 1);
    const { rows: events } = await onCall.larder('leader', 'events');
    const lost = events.find(({ kind }) => kind === 'leases-lost');
    assert.match(lost.sentence, new RegExp(`${names.A} on \\S+ went away with 1 lease`));
    await onCall.screen('overview');
    const last = page.getByRole('region', { name: 'What happened last' });
    await last.getByText(lost.sentence).waitFor();
    await onCall.picture('leader');
  });

  fleet.test('Did the last deploy cool it?', async () => {
    const { directory, id } = await secondBuild(join(fleet.directory, 'second'), {
      LARDER_URL: fleet.larder.url,
      LARDER_NAMESPACE: fleet.namespace,
      LARDER_TOKEN: TOKEN,
    });
    for (let n = 0; n < 10; n++) await fleet.b.product(7);
    const c = await fleet.join('C', { directory });
    for (const product of [21, 22, 23]) await c.product(product);
    await called('C');
    const named = (builds, name) => builds.find(({ build }) => build === name);
    const builds = await until(
      'both have reported what they looked up',
      async () => {
        const now = (await onCall.api('builds')).builds;
        return named(now, id)?.lookups && named(now, id).entries > 0 && now;
      },
      { within: REPORTED, every: 200 },
    );
    const second = named(builds, id);
    const first = builds.find(({ build }) => build !== id && build !== '');
    assert.equal(second.instances, 1);
    assert.ok(first.entries > second.entries);
    assert.ok(second.lookups.miss >= 3, JSON.stringify(second));
    assert.ok(hitsOf(second) < hitsOf(first), JSON.stringify(builds));
    const { rows } = await onCall.larder('deploy', 'builds');
    const known = rows.map(({ build }) => build).filter((build) => build !== '');
    assert.deepEqual(known.sort(), [first.build, id].sort());
    assert.ok(named(rows, id).lookups.miss >= 3);
    const page = await onCall.screen('instances');
    await page.getByText('Not all are alike: 2 builds: ').waitFor();
    const table = page.getByRole('table', { name: 'Builds' });
    await table
      .getByRole('row')
      .filter({ hasText: id })
      .getByText(/^[\d.]+ %$/)
      .waitFor();
    await onCall.picture('deploy');
  });

  fleet.test('Which instances, which version, how far behind?', async () => {
    fleet.b.freeze();
    await onCall.api('invalidate', { tags: ['product:7'] }, webhook.secret);
    const { instances, revision } = await onCall.api('instances');
    const frozen = instances.find(({ instance }) => instance === names.B);
    assert.ok(frozen.behind > 0 && frozen.revision < revision, JSON.stringify(frozen));
    const { rows } = await onCall.larder('instances', 'instances');
    assert.ok(rows.find(({ instance }) => instance === names.B).behind > 0);
    const page = await onCall.screen('instances');
    const row = page.getByRole('row').filter({ hasText: names.B });
    await row.getByText(/! \d+ behind/).waitFor();
    await onCall.picture('instances');
    const gone = new RegExp(`instance ${names.B} on \\S+ was not heard for 3 heartbeats`);
    await until(
      'it is given up',
      async () => {
        const { rows: events } = await onCall.larder('frozen', 'events', '--kind', 'instance-left');
        return events.some(({ sentence }) => gone.test(sentence));
      },
      { every: 1000 },
    );
    await row.waitFor({ state: 'detached' });
    fleet.b.thaw();
    await row.getByText('✓ current').waitFor();
  });

  fleet.test('Is the store full? Its budget is', async () => {
    const who = { instance: 'import', host: 'batch-1', build: '' };
    const job = await Member.join(fleet.larder.url, fleet.namespace, who, TOKEN);
    for (let n = 0; n < 24; n++) {
      const [label, tags] = [`/import/${n}`, ['import']];
      await job.put(createHash('sha256').update(label).digest(), { label, tags, bytes: 1 << 20 });
    }
    // Those used least have gone, before the answer or a moment later.
    const { bytes, limit } = await until('it keeps to its budget', async () => {
      const { store } = (await onCall.api('/v1/overview')).server;
      return store.bytes <= store.limit && store;
    });
    assert.equal(limit, 16 << 20);
    assert.ok(bytes > 0.9 * limit, `${bytes}`);
    const gone = await onCall.metric('larder_evictions_total', 'cause="size"', 'shop');
    assert.ok(gone >= 24 - limit / (1 << 20), `${gone} of 24 made room`);
    const { rows } = await onCall.larder('budget', 'doctor');
    const disk = rows.find(({ check }) => check === 'disk');
    assert.match(disk.found, /of at most 16.* MiB: full, those used least go$/);
    assert.equal(disk.result, 'ok');
    const page = await onCall.screen('overview');
    await page.getByText(/ of 16 MiB: full, those used least go/).waitFor();
    await onCall.picture('budget');
    job.leave();
  });

  fleet.test('Is the store slow, or full? Its disk is', async () => {
    await onCall.api('invalidate', { tags: ['product:1'] });
    fleet.larder.fill();
    await until('an entry is dropped', async () => {
      await fleet.b.product(30 + Math.floor(Math.random() * 6)).catch(() => {});
      return (await onCall.overview()).dropped > 0;
    });
    const { status, rows } = await onCall.larder('full', 'doctor');
    const entries = rows.find(({ check }) => check === 'shop: entries');
    assert.equal(entries.result, 'warning');
    assert.match(entries.found, /[1-9]\d* puts? dropped/);
    assert.ok([0, 5].includes(status));
    const page = await onCall.screen('overview');
    await page.getByText(/Look at .*entries.*dropped by the store/).waitFor();
    await onCall.picture('full');
  });

  /** The share of the lookups of a build that were served. */
  function hitsOf({ lookups }) {
    const all = Object.values(lookups).reduce((sum, each) => sum + each, 0);
    return (lookups.near + lookups.fresh + lookups.stale) / all;
  }

  /** Remembers how the instance that came last calls itself. */
  async function called(name) {
    await until(`${name} is known`, async () => {
      const { instances } = await onCall.api('instances').catch(() => ({ instances: [] }));
      const known = Object.values(names);
      const fresh = instances.find(({ instance }) => instance && !known.includes(instance));
      if (fresh) names[name] = fresh.instance;
      return fresh;
    });
  }

  /** Whether every instance has said what it serves, and what the pages are made of. */
  async function reported() {
    const { instances } = await onCall.api('instances');
    if (!instances.every(({ reports, behind }) => reports && behind === 0)) return false;
    const { entries } = await onCall.api('explain?path=/product/5');
    return entries.length > 1;
  }

  /** The invalidation of what the webhook named. */
  async function latest() {
    const { invalidations } = await onCall.api('invalidations?tag=product:5');
    return invalidations[0];
  }
});

test('Is the store slow, when it is a Redis that stands still?', { timeout: 120_000 }, async () => {
  const directory = temporaryDirectory();
  const redis = await Redis.alone(directory);
  const larder = new Larder(await freePort(), undefined, ['--store', redis.url]);
  await larder.start();
  const browser = await launchBrowser();
  const onCall = new OnCall(larder, 'shop', browser);
  try {
    await onCall.api('invalidate', { tags: ['product:1'] });
    const page = await onCall.screen('overview');
    await page.getByText(/Healthy: all/).waitFor();
    redis.freeze();
    await until('it says so', async () => !(await onCall.api('/v1/overview')).server.store.ready);
    const { status, rows } = await onCall.larder('stalled', 'doctor');
    assert.equal(status, 5);
    assert.equal(rows.find(({ check }) => check === 'ready').result, 'failed');
    await page.getByText(/Look at store: shared, cannot do what it is asked/).waitFor();
    await onCall.picture('stalled');
    redis.thaw();
    await page.getByText(/Healthy: all/).waitFor();
    const { rows: events } = await onCall.larder('stalled', 'events');
    const kinds = events.map(({ kind }) => kind);
    assert.ok(kinds.includes('store-away') && kinds.includes('store-back'), kinds.join());
  } finally {
    redis.thaw();
    await onCall.close();
    await browser.close();
    await larder.stop();
    await redis.stop();
  }
});

/** A token of a file, made as an operator makes it. */
async function created(name, role, namespace) {
  const how = ['--name', name, '--role', role, '--namespace', namespace];
  const { stdout, stderr } = await command(['token', 'create', '--tokens', tokens, ...how]);
  const [secret, id] = /lrd_([0-9A-Za-z]+)_\w+/.exec(stdout) ?? assert.fail(stdout + stderr);
  return { secret, id };
}
