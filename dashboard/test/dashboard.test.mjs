import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { installChromium, launchBrowser } from '@larder/harness/chromium';
import { until } from '@larder/harness/until';
import { Fleet, HOSTILE, keyOf } from './support/fleet.mjs';
import { accessible, fits, LOOKS, open, PATIENCE, SCREENS, settled } from './support/page.mjs';

const timeout = 120_000;

describe('The dashboard, over a live fleet', { timeout: 300_000 }, () => {
  /** @type {Fleet} */ let fleet;
  /** @type {import('playwright-core').Browser} */ let browser;
  const faults = [];

  before(async () => {
    installChromium();
    [fleet, browser] = await Promise.all([Fleet.start(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  /** The page at a screen; what is wrong with it is looked at in the end. */
  async function at(screen, parameters = {}, look = {}) {
    const query = new URLSearchParams({ ns: 'shop', ...parameters });
    const opened = await open(browser, `${fleet.larder.url}/#/${screen}?${query}`, look);
    faults.push(opened.faults);
    await settled(opened.page);
    return opened.page;
  }

  test('weighs little, and is told what it may do', { timeout }, async () => {
    let bytes = 0;
    for (const path of ['/', '/dashboard/app.js', '/dashboard/app.css']) {
      const answer = await fetch(`${fleet.larder.url}${path}`);
      assert.equal(answer.status, 200, `${path}: is the dashboard built into the server?`);
      assert.doesNotMatch(answer.headers.get('content-security-policy'), /unsafe/);
      const text = await answer.text();
      assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org)[a-z]/, 'nothing comes from elsewhere');
      bytes += gzipSync(text).length;
    }
    assert.ok(bytes <= 60 * 1024, `${bytes} bytes`);
  });

  test('says how it is, and goes on doing so', { timeout }, async () => {
    const page = await at('overview');
    await page.getByText('Store', { exact: false }).first().waitFor();
    const ratio = page.locator('.numbers strong').first();
    await until('a hit ratio', async () => /\d %/.test(await ratio.textContent()), {
      within: PATIENCE,
    });
    await until(
      'how long lookups take',
      async () => / ms$/.test(await page.locator('.numbers strong').last().textContent()),
      {
        within: PATIENCE,
      },
    );
    const hottest = page.getByRole('table', { name: 'Keys that are read most' });
    await hottest.getByText('/product/').first().waitFor();
    const events = page.getByRole('region', { name: 'What happened last' });
    await events.getByText('instance 6f1e2d3c on shop-1 has come').waitFor();
    await fleet.members[0].invalidate(['spring-sale']);
    await events.getByText('tag spring-sale was invalidated').waitFor();
    assert.match(await page.locator('.chart .summary').first().textContent(), /near cache \d/);
    await page.getByText('Lookups a second, by outcome, as a table').click();
    await page.getByRole('columnheader', { name: 'near cache' }).waitFor();
    await page.context().close();
  });

  test('stands still while it is paused, and then goes on', { timeout }, async () => {
    const page = await at('invalidations');
    const table = page.getByRole('table', { name: /Invalidations/ });
    await fleet.members[0].invalidate(['before-the-pause']);
    await table.getByText('before-the-pause').waitFor();
    await page.keyboard.press('p');
    await page.getByText('Paused: what is shown stands still.').waitFor();
    await fleet.members[1].invalidate(['in-the-pause']);
    const other = await at('invalidations');
    await other
      .getByRole('table', { name: /Invalidations/ })
      .getByText('in-the-pause')
      .waitFor();
    assert.equal(await table.getByText('in-the-pause').count(), 0);
    await page.keyboard.press('p');
    await table.getByText('in-the-pause').waitFor();
    await other.context().close();
    await page.context().close();
  });

  test('says who invalidated what, and folds bursts', { timeout }, async () => {
    const page = await at('invalidations');
    const table = page.getByRole('table', { name: /Invalidations/ });
    const bought = table.getByRole('row').filter({ hasText: 'updateTag in /buy' });
    assert.match(await bought.textContent(), /product:3.*at once.*a90b77de.*connection/);
    await table.getByText('http').first().waitFor();
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        fleet.members[2].invalidate([`stock:${n}`], { action: 'updateTag', path: '/stock' }),
      ),
    );
    await table.getByRole('row').filter({ hasText: '/stock' }).getByText('× 30').waitFor();
    await page.getByLabel('Fold bursts').uncheck();
    await until('thirty rows', async () => {
      return (await table.getByRole('row').filter({ hasText: '/stock' }).count()) === 30;
    });
    await page.getByLabel('Tag', { exact: true }).fill('product:3');
    await fleet.members[0].invalidate(['while-somebody-types']);
    await table.getByText('while-somebody-types').waitFor();
    await page.keyboard.press('Enter');
    await until('one tag', async () => (await table.getByRole('row').count()) === 2);
    await page.context().close();
  });

  test('says which instances are behind, and which do not report', { timeout }, async () => {
    const silent = await fleet.silent();
    const page = await at('instances');
    const table = page.getByRole('table', { name: 'Instances of shop' });
    const row = (name) => table.getByRole('row').filter({ hasText: name });
    await row('quiet-one').getByText('does not report').waitFor();
    assert.match(await row('shop-1').textContent(), /6f1e2d3cshop-1b7.*served/);
    await page.getByText('Not all are alike: 2 builds: ').waitFor();
    fleet.stuck.add(fleet.members[2]);
    await fleet.members[1].invalidate(['one-does-not-learn-it']);
    await row('03cc51fa')
      .getByText(/! \d+ behind/)
      .waitFor();
    await row('a90b77de').getByText('✓ current').waitFor();
    fleet.stuck.clear();
    silent.leave();
    await until('gone', async () => (await row('quiet-one').count()) === 0, { within: PATIENCE });
    await page.getByRole('button', { name: 'host' }).click();
    assert.equal(
      await table.getByRole('columnheader', { name: 'host' }).getAttribute('aria-sort'),
      'ascending',
    );
    await page.context().close();
  });

  test('explains a page, and shows what it is called as text', { timeout }, async () => {
    const page = await at('explain');
    await page.getByLabel('Path, key or tag', { exact: true }).last().fill('/product/5');
    await page.keyboard.press('Enter');
    await page.locator('.verdict .sentence').getByText('stale since').waitFor();
    const ladder = page.getByRole('region', { name: 'Entry /product/5' });
    assert.match(
      await ladder.textContent(),
      /product:5 invalidated at revision.*by 03cc51fa \(revalidateTag in \/admin.*somebody generates it anew/,
    );
    assert.match(page.url(), /#\/explain\?ns=shop&q=%2Fproduct%2F5$/);
    await page.keyboard.press('/');
    await page.locator('#search').fill(keyOf(HOSTILE).toString('hex'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await page.context().close();
  });

  test(
    'lists what is stored, and purges one entry after it has said what that costs',
    { timeout },
    async () => {
      const page = await at('entries');
      const table = page.getByRole('table', { name: 'Entries of shop' });
      const row = (label) => table.getByRole('row').filter({ hasText: label });
      assert.match(
        await row('/product/24').textContent(),
        /page.*fresh.*KiB.*228 ms.*product:24products\+1/,
      );
      await row(HOSTILE).waitFor();
      assert.equal(await page.locator('main img').count(), 0);
      await page.getByLabel('State').selectOption('stale');
      await until('only stale ones', async () => (await table.getByRole('row').count()) === 3);
      await row('/product/6').waitFor();
      await page.getByLabel('State').selectOption('');
      await page.getByLabel('Label begins with').fill('/product/2');
      await page.keyboard.press('Enter');
      await until('six', async () => (await table.getByRole('row').count()) === 7);
      await row('/product/21').getByRole('button').click();
      const details = page.getByRole('dialog', { name: '/product/21', exact: true });
      await details.getByText('fresh: generated').waitFor();
      await details.getByText(keyOf('/product/21').toString('hex')).waitFor();
      await details.getByRole('button', { name: 'Purge …' }).click();
      const asked = page.getByRole('dialog', { name: 'Purge the entry /product/21?' });
      await asked.getByText(/a purge would remove .*1 entry/).waitFor();
      await asked.getByRole('button', { name: 'Keep' }).click();
      await asked.waitFor({ state: 'detached' });
      await row('/product/21').waitFor();
      await details.getByRole('button', { name: 'Purge …' }).click();
      await asked.getByText(/a purge would remove/).waitFor();
      await asked.getByRole('button', { name: 'Purge', exact: true }).click();
      await details.waitFor({ state: 'detached' });
      await row('/product/21').waitFor({ state: 'detached' });
      await page.context().close();
    },
  );

  test(
    'lists tags with who invalidated them last, and what purging one would cost',
    { timeout },
    async () => {
      const page = await at('tags');
      const table = page.getByRole('table', { name: 'Tags of shop' });
      const row = (tag) =>
        table
          .getByRole('row')
          .filter({ has: page.getByRole('button', { name: tag, exact: true }) });
      assert.match(await row('product:5').textContent(), /03cc51farevalidateTag in \/admin/);
      await page.getByLabel('Tag begins with').fill('prod');
      await page.keyboard.press('Enter');
      await row('layout').waitFor({ state: 'detached' });
      await row('products').getByRole('button').click();
      const details = page.getByRole('dialog', { name: 'products' });
      await details.getByText(/\d+ fresh, 2 stale, 1 expired/).waitFor();
      await details.getByText(/generating all anew takes/).waitFor();
      await details.getByRole('button', { name: 'Its entries' }).click();
      await page.getByRole('heading', { level: 1, name: 'Entries of shop' }).waitFor();
      assert.equal(await page.getByLabel('Tag', { exact: true }).inputValue(), 'products');
      await page.context().close();
    },
  );

  test('is used by keyboard throughout', { timeout }, async () => {
    const page = await at('overview');
    for (const [keys, name] of [
      ['gn', 'Instances'],
      ['gx', 'Explain'],
      ['ge', 'Entries'],
      ['gt', 'Tags'],
      ['gi', 'Invalidations'],
    ]) {
      for (const key of keys) await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: new RegExp(`^${name}`) }).waitFor();
    }
    await page.locator('main .row').nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(
      await page.evaluate(() =>
        [...document.querySelectorAll('main .row')].indexOf(document.activeElement),
      ),
      1,
    );
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const before = await page.evaluate(() => document.documentElement.dataset.theme);
    await page.keyboard.press('d');
    assert.notEqual(await page.evaluate(() => document.documentElement.dataset.theme), before);
    await page.context().close();
  });

  test('stays quick with many rows, and has words for none', { timeout }, async () => {
    const { members, larder } = fleet;
    const many = await members[0].constructor.join(larder.url, 'many', {
      instance: 'm1',
      host: 'many-1',
      build: '',
    });
    await Promise.all(
      Array.from({ length: 3000 }, (_, n) => many.invalidate([`t:${n}`], { path: `/${n % 7}` })),
    );
    const page = await at('invalidations', { ns: 'many' });
    await page.getByLabel('Fold bursts').uncheck();
    const table = page.getByRole('table', { name: /Invalidations/ });
    for (const rows of [2001, 3001]) {
      await page.getByRole('button', { name: 'Older ones' }).click();
      await until(
        `${rows} rows`,
        async () => (await table.getAttribute('aria-rowcount')) === `${rows}`,
      );
    }
    assert.ok((await page.locator('main tbody tr').count()) < 200, 'only what is seen is drawn');
    await page
      .getByRole('region', { name: /Invalidations/ })
      .evaluate((view) => (view.scrollTop = view.scrollHeight));
    await table.getByText('t:0', { exact: true }).waitFor();
    many.leave();
    await page.goto(`${larder.url}/#/explain?ns=many&q=/nowhere`);
    await page.getByText('nobody has reported what /nowhere is made of').waitFor();
    await page.goto(`${larder.url}/#/instances?ns=many`);
    await page.getByText('No process talks to this namespace.').waitFor();
    await page.context().close();
  });

  test(
    'is accessible on every screen, in both themes, on a phone and a desk',
    { timeout },
    async () => {
      for (const look of LOOKS) {
        const page = await at('overview', {}, { ...look, bypassCSP: true });
        for (const screen of SCREENS) {
          const what = `${screen}, ${look.colorScheme}, ${look.viewport.width} px`;
          await page.goto(
            `${fleet.larder.url}/#/${screen}?ns=shop${screen === 'explain' ? '&q=/product/5' : ''}`,
          );
          await page
            .getByRole('heading', { level: 1, name: new RegExp(`^${screen}`, 'i') })
            .waitFor();
          await settled(page);
          await fits(page, what);
          await accessible(page, what);
        }
        await page.keyboard.press('?');
        await accessible(page, `keys, ${look.colorScheme}, ${look.viewport.width} px`);
        await page.context().close();
      }
    },
  );

  test(
    'says that the server is gone, and is there again when the server is',
    { timeout },
    async () => {
      const page = await at('overview', {}, { bypassCSP: true });
      await page.getByRole('region', { name: 'What happened last' }).waitFor();
      fleet.rest();
      await fleet.larder.kill();
      await page.getByText('The server does not answer since').waitFor();
      await page.getByText('What is shown is from before').waitFor();
      await accessible(page, 'without the server');
      await fleet.larder.start();
      await page.getByText('The server does not answer since').waitFor({ state: 'detached' });
      await fleet.join();
      const events = page.getByRole('region', { name: 'What happened last' });
      await events.getByText(/has started/).waitFor();
      await fleet.members[0].invalidate(['after-the-restart']);
      await events.getByText('tag after-the-restart was invalidated').waitFor();
      await page.context().close();
    },
  );

  test('breaks no rule of its policy, and no script of it fails', () => {
    assert.deepEqual(faults.flat(), []);
  });
});

describe('The dashboard of a server with a token', { timeout: 120_000 }, () => {
  /** @type {Fleet} */ let fleet;
  /** @type {import('playwright-core').Browser} */ let browser;
  const token = 'a-token-of-this-test-only-0123456789';

  before(async () => {
    [fleet, browser] = await Promise.all([Fleet.locked(token), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  test('signs in with it, keeps it nowhere, and signs out', { timeout }, async () => {
    const { page, faults } = await open(browser, fleet.larder.url, { bypassCSP: true });
    await page.getByText('This server asks for a token.').waitFor();
    await accessible(page, 'locked');
    await signIn(page, 'another one');
    await page.getByText('The server does not know this token').waitFor();
    await signIn(page, token);
    await page.getByText('There is no namespace yet').waitFor();
    await page.getByText('signed in as server (admin)').waitFor();
    const events = page.getByRole('region', { name: 'What happened last' });
    await events
      .getByText(/refused: a request without a token/)
      .first()
      .waitFor();
    assert.doesNotMatch(page.url(), new RegExp(token));
    const [cookie] = await page.context().cookies();
    const { name, httpOnly, sameSite, path, value } = cookie;
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    assert.doesNotMatch(kept, new RegExp(`${token}|${value}`));
    assert.deepEqual(
      { name, httpOnly, sameSite, path },
      {
        name: `larder-${new URL(fleet.larder.url).port}`,
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
      },
    );
    await page.reload();
    await page.getByText('There is no namespace yet').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This server asks for a token.').waitFor();
    const afterwards = await fetch(`${fleet.larder.url}/v1`, {
      headers: { cookie: `${name}=${value}` },
    });
    assert.equal(afterwards.status, 401);
    await page.context().close();
    assert.deepEqual(faults, []);
  });

  test('lets no page of somebody else use the session', { timeout }, async () => {
    const { port } = new URL(fleet.larder.url);
    const mine = await launchBrowser([`--host-resolver-rules=MAP *.example 127.0.0.1`]);
    const other = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>Somebody else</title>');
    });
    await new Promise((listening) => other.listen(0, '127.0.0.1', listening));
    try {
      const context = await mine.newContext();
      const page = await context.newPage();
      await page.goto(fleet.larder.url);
      await signIn(page, token);
      await page.getByText('There is no namespace yet').waitFor();
      const before = await namespaces();

      // Another port is the same site: the cookie is sent, and nothing comes of it.
      const forged = await context.newPage();
      await forged.goto(`http://127.0.0.1:${other.address().port}/`);
      for (const type of ['text/plain', 'application/json']) {
        assert.notEqual(await attempt(forged, `${fleet.larder.url}/v1/shop/invalidate`, type), 200);
      }
      await Promise.all([
        forged.waitForNavigation(),
        forged.evaluate((action) => {
          const form = document.createElement('form');
          Object.assign(form, { method: 'post', enctype: 'text/plain', action });
          const field = document.createElement('input');
          Object.assign(field, { name: '{"tags":["forged"],"x":"', value: '"}' });
          form.append(field);
          document.body.append(form);
          form.submit();
        }, `${fleet.larder.url}/v1/shop/invalidate`),
      ]);
      assert.match(await forged.content(), /web page of|content type/);
      await forged.goto(`http://127.0.0.1:${other.address().port}/`);
      assert.equal(await socket(forged, `ws://127.0.0.1:${port}/v1/shop/connect`), 'refused');

      // A name that leads here: pages below it have the same origin as the server.
      const rebound = await context.newPage();
      await rebound.goto(`http://rebound.example:${port}/`);
      await signIn(rebound, token);
      await rebound.getByText(/A request for host 'rebound\.example'/).waitFor();
      assert.equal(
        await attempt(rebound, `http://rebound.example:${port}/login`, 'application/json'),
        403,
      );
      assert.equal(
        await socket(rebound, `ws://rebound.example:${port}/v1/shop/connect`),
        'refused',
      );
      assert.equal(await namespaces(), before);
    } finally {
      await mine.close();
      other.close();
    }
  });

  test('counts tokens that are wrong', { timeout }, async () => {
    const { page } = await open(browser, fleet.larder.url);
    await page.getByText('This server asks for a token.').waitFor();
    const refused = page.getByText(/Too many tokens from this address were wrong/);
    for (let n = 0; n < 6 && (await refused.count()) === 0; n++) {
      const answered = page.waitForResponse((response) => response.url().endsWith('/login'));
      await signIn(page, `wrong ${n}`);
      await answered;
    }
    await refused.waitFor();
    await page.context().close();
  });

  /** How many namespaces there are: whoever invalidates something makes one. */
  async function namespaces() {
    const answer = await fetch(`${fleet.larder.url}/v1`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await answer.json()).namespaces.length;
  }
});

/** Types a token into the page that asks for one. */
async function signIn(page, token) {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What a page gets that asks for something to be done, with what the browser adds: a status, or why there is none. */
function attempt(page, url, type) {
  return page.evaluate(
    async ([to, contentType]) => {
      try {
        const body = JSON.stringify({ tags: ['forged'], token: 'x' });
        const headers = { 'content-type': contentType };
        return (await fetch(to, { method: 'POST', credentials: 'include', headers, body })).status;
      } catch (error) {
        return String(error);
      }
    },
    [url, type],
  );
}

/** Whether a page is given a connection. */
function socket(page, url) {
  return page.evaluate(
    (to) =>
      new Promise((resolve) => {
        const opened = new WebSocket(to);
        opened.onopen = () => resolve('open');
        opened.onerror = () => resolve('refused');
      }),
    url,
  );
}
