import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { until } from '@larder/harness/until';
import { built } from './apps.mjs';
import { kindsOf } from './kinds.mjs';
import { newId, Site } from './site.mjs';

const testOptions = { timeout: 300_000 };

/** Milliseconds within which a CDN is told, twice. */
const TOLD = 30_000;

/** Which header each app names its tags in, and what stands between two of them. */
const headers = { ISR: ['cache-tag', ','] };

/** Responses that are not kept as a whole, or are of the Pages Router: they name no tags. */
const nameless =
  /^Pages Router|^throws|^draft|^aborted|^dynamic|^intercepted|^route handler$|^unstable_cache|^fetch$/;

/** Something that is told what was invalidated, and takes it. */
class Hook {
  /** The tags of each request, in their order. @type {string[][]} */ told = [];
  #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      this.told.push(JSON.parse(body).tags);
      response.end();
    });
  });

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

for (const [app, [header, between]] of Object.entries(headers)) {
  describe(`${app}: a CDN can be told of each page`, () => {
    const hook = new Hook();
    /** @type {Site} */ let site;

    before(async () => {
      await hook.open();
      await built(app, 'larder');
      site = new Site(app, 'larder', {
        generation: 20,
        settings: { LARDER_CDN_TAGS: header, LARDER_TIMEOUT: '1000' },
        serve: ['--forward', `webhook:${hook.url}`],
      });
      await site.start();
    }, testOptions);

    after(async () => {
      await site?.stop();
      hook.close();
    });

    const namesOf = (visit) => visit.headers.get(header)?.split(between) ?? [];

    for (const kind of kindsOf(app).filter(({ name }) => !nameless.test(name))) {
      test(`${kind.name} names its tags`, testOptions, async () => {
        const id = newId();
        const path = `_N_T_${(kind.route ?? kind.path)(id)}`;
        for (const one of [site.a, site.b, site.a]) {
          const visit = await site.visit(kind, id, one);
          const names = namesOf(visit);
          const plain = /^[\w:./-]+$/.test(path);
          const named = plain ? names.includes(path) : names.some((name) => /^h:/.test(name));
          assert.ok(named, `${path} in '${visit.headers.get(header)}', status ${visit.status}`);
        }
      });
    }

    test('what is invalidated is told by the name that the page has', testOptions, async () => {
      const kind = kindsOf(app).find(({ name }) => name === 'catch-all');
      const plain = newId();
      const odd = `ü${newId()}`;
      for (const [id, tag, expected] of [
        [plain, `_N_T_/all/${plain}/more`, /^_N_T_/],
        [encodeURIComponent(odd), `_N_T_/all/${encodeURIComponent(odd)}/more`, /^h:[0-9a-f]{16}$/],
      ]) {
        const names = namesOf(await site.visit(kind, id, site.a));
        hook.told.length = 0;
        await site.larder.invalidate('pages', [tag]);
        await until('it is told twice', () => hook.told.length >= 2, { within: TOLD });
        const told = hook.told[0].filter((name) => names.includes(name));
        assert.equal(told.length, 1, `${hook.told[0]} and ${names}`);
        assert.match(told[0], expected);
      }
    });
  });
}
