import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AsOf } from '../../src/wire/frame.js';

/** The key of a page, as it is since 16.3. */
export function scopedKey(kind: string, pathname: string): string {
  return `/route-cache/${kind}/${'0a'.repeat(32)}/$${pathname}`;
}

/** Writes what `next build` leaves of pages, into the directory of a build. */
export class Prerendered {
  readonly #server: string;
  readonly #routes: Record<string, object> = {};
  readonly #dynamicRoutes: Record<string, object> = {};
  readonly #notFoundRoutes: string[] = [];

  constructor(server: string) {
    this.#server = server;
  }

  /** A page of the App Router, rendered so many milliseconds ago. */
  appPage(pathname: string, html: string, { meta = {}, age = 0, revalidate = 60 } = {}): string {
    const key = scopedKey('APP_PAGE', pathname);
    const headers = { 'x-next-cache-tags': `t,_N_T_${pathname}` };
    this.#write(`app${pathname}.html`, html, age);
    this.#write(`app${pathname}.rsc`, `rsc of ${html}`);
    this.#write(`app${pathname}.segments/_tree.segment.rsc`, 'tree');
    this.#write(
      `app${pathname}.meta`,
      JSON.stringify({ headers, segmentPaths: ['/_tree'], routeCache: { key }, ...meta }),
    );
    this.#routes[pathname] = { initialRevalidateSeconds: revalidate, initialExpireSeconds: 3600 };
    return key;
  }

  /** The shell of a page with parameters. */
  shell(pattern: string, html: string): string {
    const key = scopedKey('APP_PAGE', pattern);
    this.#write(`app${pattern}.html`, html);
    const meta = { postponed: 'state', headers: {}, routeCache: { key, isFallback: true } };
    this.#write(`app${pattern}.meta`, JSON.stringify(meta));
    this.#dynamicRoutes[pattern] = { fallbackRevalidate: 900, fallbackExpire: 86400 };
    return key;
  }

  /** A route handler. */
  appRoute(pathname: string, body: string): string {
    const key = scopedKey('APP_ROUTE', pathname);
    this.#write(`app${pathname}.body`, body);
    const headers = { 'content-type': 'text/plain', 'x-next-cache-tags': `_N_T_${pathname}` };
    this.#write(
      `app${pathname}.meta`,
      JSON.stringify({ status: 200, headers, routeCache: { key } }),
    );
    this.#routes[pathname] = { initialRevalidateSeconds: false };
    return key;
  }

  /** A page of the Pages Router, under the key it has since 16.3, or under its path. */
  page(pathname: string, html: string, scoped = true): string {
    const key = scoped ? scopedKey('PAGES', pathname) : pathname;
    this.#write(`pages${pathname}.html`, html);
    this.#write(`pages${pathname}.json`, JSON.stringify({ pageProps: { html } }));
    if (scoped) this.#write(`pages${pathname}.meta`, JSON.stringify({ routeCache: { key } }));
    this.#routes[pathname] = { initialRevalidateSeconds: 60 };
    return key;
  }

  /** A path the build found nothing at. */
  missing(pathname: string): string {
    this.#notFoundRoutes.push(pathname);
    return scopedKey('PAGES', pathname);
  }

  /** What a build notes that knows the server. */
  recordRevision({ identity, revision }: AsOf): void {
    const point = { identity: identity.toString(16).padStart(16, '0'), revision: Number(revision) };
    this.#write('app/.larder.json', JSON.stringify(point));
  }

  /** Writes the manifest; done with all pages. */
  end(): void {
    const manifest = {
      routes: this.#routes,
      dynamicRoutes: this.#dynamicRoutes,
      notFoundRoutes: this.#notFoundRoutes,
    };
    this.#write('../prerender-manifest.json', JSON.stringify(manifest));
  }

  #write(name: string, text: string, age = 0): void {
    const path = join(this.#server, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    const moment = (Date.now() - age) / 1000;
    utimesSync(path, moment, moment);
  }
}
