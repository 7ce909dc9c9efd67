import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Larder } from '@larder/harness/larder';
import { Member } from '@larder/harness/member';
import { freePort } from '@larder/harness/ports';
import { temporaryDirectory } from '@larder/harness/temporary';

/** What is invalidated now and then, and what a page is called that tries to be a script. */
export const HOSTILE = '/search/<img src=x onerror=alert(1)>';

const WHO = [
  { instance: '6f1e2d3c', host: 'shop-1', build: 'b7' },
  { instance: 'a90b77de', host: 'shop-2', build: 'b7' },
  { instance: '03cc51fa', host: 'shop-3', build: 'b8' },
];

/** The key of a label, as the adapter makes one: a digest. */
export const keyOf = (label) => createHash('sha256').update(label).digest();

/**
 * A server and a live fleet of clients that talk to it: three that report, one that does not, what
 * they have stored, and what they go on doing until they are stopped.
 */
export class Fleet {
  namespace = 'shop';
  /** @type {Member[]} */ members = [];
  /** @type {Larder} */ larder;
  /** Those that do not learn any more what was invalidated. @type {Set<Member>} */ stuck =
    new Set();
  #timer;

  /** @param {string[]} options of `larder serve` */
  static async start(options = []) {
    const fleet = new Fleet();
    fleet.larder = new Larder(await freePort(), join(temporaryDirectory(), 'data'), options);
    await fleet.larder.start();
    await fleet.join();
    return fleet;
  }

  /** A server that asks for a token, to which nobody talks. */
  static async locked(token) {
    const fleet = new Fleet();
    const options = ['--token', token];
    fleet.larder = new Larder(await freePort(), join(temporaryDirectory(), 'data'), options);
    await fleet.larder.start();
    return fleet;
  }

  /** Everybody connects, and begins. */
  async join() {
    const { url } = this.larder;
    this.members = [];
    for (const who of WHO) this.members.push(await Member.join(url, this.namespace, who));
    await this.#fill();
    await this.beat();
    this.#timer = setInterval(() => void this.beat().catch(() => {}), 500);
  }

  /** What is stored, and what was invalidated before anybody looks. */
  async #fill() {
    const [first, second, third] = this.members;
    await first.invalidate(['catalogue'], { path: '/admin/import' });
    for (let n = 1; n <= 24; n++) {
      const label = `/product/${n}`;
      const member = this.members[n % 3];
      member.known = first.known;
      await member.put(keyOf(label), {
        label,
        tags: [`product:${n}`, 'products', 'catalogue'],
        bytes: 900 * n,
        took: 60 + n * 7,
      });
    }
    for (const [label, kind] of [
      ['/', 'page'],
      ['https://api.example.com/prices', 'fetch'],
      ['getMenu', 'use-cache'],
      [HOSTILE, 'route'],
    ]) {
      await first.put(keyOf(label), { label, kind, tags: ['layout'], took: 340 });
    }
    await second.invalidate(['product:3'], { path: '/buy' });
    await third.invalidate(['product:5', 'product:6'], { expire: 600, action: 'revalidateTag' });
    await this.larder.invalidate(this.namespace, ['product:9']);
    for (const member of this.members) {
      member.known = (await member.ask({ operation: 'REFRESH', known: member.known })).current;
    }
    await first.put(keyOf('/product/3'), {
      label: '/product/3',
      tags: ['product:3', 'products', 'catalogue'],
    });
  }

  /** What happens every half second. Whoever is not stuck learns first what was invalidated. */
  async beat() {
    for (const member of this.members) {
      if (this.stuck.has(member)) continue;
      member.known = (await member.ask({ operation: 'REFRESH', known: member.known })).current;
    }
    const lookups = this.members.flatMap((member, i) =>
      [1, 2, 3, 4, 5, 7].map((n) => member.lookup(keyOf(`/product/${n + i}`))),
    );
    const reports = this.members.map((member, i) =>
      member.report({
        near: 40 + i * 9,
        fresh: 12,
        stale: 1,
        miss: 2,
        renders: [{ path: `/product/${i + 4}`, keys: [keyOf('/'), keyOf(`/product/${i + 4}`)] }],
      }),
    );
    await Promise.all([...lookups, ...reports]);
  }

  /** Something is generated every now and then, and now and then invalidated, until it is stopped. */
  bustle() {
    let turn = 0;
    const timer = setInterval(() => {
      const n = 1 + ((turn++ * 7) % 24);
      const member = this.members[turn % 3];
      const label = `/product/${n}`;
      const put = member.lookup(keyOf(label), true).then(({ lease }) =>
        member.put(keyOf(label), {
          label,
          tags: [`product:${n}`, 'products', 'catalogue'],
          bytes: 900 * n,
          took: 80 + 9 * n,
          lease,
        }),
      );
      const invalidated =
        turn % 4 === 0 &&
        member.invalidate([`product:${n}`], { path: turn % 8 ? '/buy' : '/admin' });
      Promise.all([put, invalidated]).catch(() => {});
    }, 350);
    return () => clearInterval(timer);
  }

  /** One more process, which does not report. */
  async silent() {
    const who = { instance: 'quiet-one', host: 'batch-1', build: 'b7' };
    return Member.join(this.larder.url, this.namespace, who);
  }

  /** Nobody does anything any more. */
  rest() {
    clearInterval(this.#timer);
    for (const member of this.members) member.leave();
  }

  async stop() {
    this.rest();
    await this.larder.stop();
  }
}
