import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Build } from '../../src/route/build.js';
import { readSeed, type Asked } from '../../src/route/seed.js';
import { Prerendered, scopedKey } from '../support/prerendered.js';
import { buildDirectory } from '../support/route-instance.js';

const APP: Asked = { kind: 'APP_PAGE', isFallback: false, isRoutePPREnabled: false };
const PAGES: Asked = { ...APP, kind: 'PAGES' };

function prepared(t: TestContext): { server: string; made: Prerendered; build: () => Build } {
  const server = buildDirectory(t);
  const made = new Prerendered(server);
  return { server, made, build: () => (made.end(), Build.in(server)!) };
}

test('a page of the App Router is read whole, with the life the build gave it', async (t) => {
  const { made, build } = prepared(t);
  const key = made.appPage('/blog/a', '<p>a</p>', { age: 5000 });
  const seed = await readSeed(build(), key, APP);
  assert.ok(seed?.value?.kind === 'APP_PAGE');
  assert.equal(seed.value.html, '<p>a</p>');
  assert.equal(String(seed.value.rscData), 'rsc of <p>a</p>');
  assert.deepEqual(seed.value.segmentData, new Map([['/_tree', Buffer.from('tree')]]));
  assert.deepEqual(seed.cacheControl, { revalidate: 60, expire: 3600 });
  assert.ok(Math.abs(Date.now() - seed.madeAt - 5000) < 2000);
});

test('routes, pages and what was not found are read as what they are', async (t) => {
  const { made, build } = prepared(t);
  const keys = [
    made.appRoute('/feed', 'feed'),
    made.page('/old', '<p>old</p>'),
    made.missing('/no'),
  ];
  const [route, page, missing] = await Promise.all([
    readSeed(build(), keys[0]!, { ...APP, kind: 'APP_ROUTE' }),
    readSeed(build(), keys[1]!, PAGES),
    readSeed(build(), keys[2]!, PAGES),
  ]);
  assert.ok(route?.value?.kind === 'APP_ROUTE' && page?.value?.kind === 'PAGES');
  assert.equal(String(route.value.body), 'feed');
  assert.deepEqual(route.cacheControl, { revalidate: false, expire: undefined });
  assert.deepEqual(page.value.pageData, { pageProps: { html: '<p>old</p>' } });
  assert.equal(missing?.value, null);
});

test('until 16.2 a page is its path', async (t) => {
  const { made, build } = prepared(t);
  made.appPage('/index', 'home', { meta: { routeCache: undefined } });
  const key = made.page('/old', '<p>old</p>', false);
  const seed = await readSeed(build(), '/index', APP);
  assert.ok(seed?.value?.kind === 'APP_PAGE');
  assert.equal((await readSeed(build(), key, PAGES))?.value?.kind, 'PAGES');
});

test('a file that belongs to another key is not read', async (t) => {
  const { made, build } = prepared(t);
  made.appPage('/x', 'x', { meta: { routeCache: { key: scopedKey('APP_PAGE', '/y') } } });
  made.appPage('/z', 'z', { meta: { routeCache: undefined } });
  for (const path of ['/x', '/z', '/none', '/../BUILD_ID', '/../../x']) {
    assert.equal(await readSeed(build(), scopedKey('APP_PAGE', path), APP), undefined, path);
  }
});

test('a shell is read as a shell, and without the data of a page', async (t) => {
  const { made, build } = prepared(t);
  const key = made.shell('/remote/[id]', '<shell>');
  for (const isFallback of [true, false]) {
    const seed = await readSeed(build(), key, { ...APP, isFallback, isRoutePPREnabled: true });
    assert.ok(seed?.value?.kind === 'APP_PAGE');
    assert.equal(seed.value.rscData, undefined);
    assert.equal(seed.value.postponed, 'state');
    assert.deepEqual(seed.cacheControl, { revalidate: 900, expire: 86400 });
  }
  assert.equal(await readSeed(build(), key, APP), undefined);
});

test('a page of which a file is missing is not read', async (t) => {
  const { server, made, build } = prepared(t);
  const key = made.appPage('/x', 'x');
  rmSync(join(server, 'app/x.rsc'));
  assert.equal(await readSeed(build(), key, APP), undefined);
});

test('who may revalidate on demand is known from the build', async (t) => {
  const { server, made, build } = prepared(t);
  assert.ok(await build().trusts('anything'));
  made.end();
  const file = join(server, '../prerender-manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, preview: { previewModeId: 'secret' } }));
  const secured = Build.in(server)!;
  assert.ok(await secured.trusts('secret'));
  assert.equal(await secured.trusts('guess'), false);
});

test('the point in history that a build noted is read', async (t) => {
  const { made, build } = prepared(t);
  assert.equal(await build().point(), undefined);
  const point = { identity: 0xfedcba9876543210n, revision: 7n };
  made.recordRevision(point);
  assert.deepEqual(await build().point(), point);
});
