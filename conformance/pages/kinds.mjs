/**
 * A way in which a page is asked for.
 *
 * @typedef {object} Kind
 * @property {string} name
 * @property {string[]} apps those that have it
 * @property {(id: string) => string} path what is asked for, of something nobody asked for before
 * @property {(id: string) => string} [route] the path of its route, where that is another
 * @property {boolean} [fixed] whether that is the same for all ids
 * @property {Record<string, string>} [headers]
 * @property {string} [method]
 * @property {boolean} [draft] whether the asker is in draft mode
 * @property {number} [aborted] milliseconds after which the asker goes away
 */

/** The apps with `use cache`. */
const components = ['Cache Components', 'Partial Prefetching'];
const isr = ['ISR'];
const every = [...components, ...isr];

/** How a browser asks for what a navigation needs. */
const navigation = { rsc: '1' };

/** How it asks for that ahead. */
const prefetch = { rsc: '1', 'next-router-prefetch': '1' };

/** How it asks ahead for one segment of a page. */
const segment = (path) => ({ ...prefetch, 'next-router-segment-prefetch': path });

/** @type {Kind[]} */
// prettier-ignore
export const kinds = [
  { name: 'static', apps: every, path: () => '/static', fixed: true },
  { name: 'of the build', apps: every, path: () => '/listed/1', fixed: true },
  { name: 'second of the build', apps: every, path: () => '/listed/2', fixed: true },
  { name: 'of the build, with a hole', apps: components, path: () => '/mixed/1', fixed: true },
  { name: 'new, from a fallback shell', apps: components, path: (id) => `/listed/${id}` },
  { name: 'new', apps: isr, path: (id) => `/listed/${id}` },
  { name: 'new, none of the build', apps: isr, path: (id) => `/unlisted/${id}` },
  { name: 'of the build, without a boundary', apps: components, path: () => '/bare/1', fixed: true },
  { name: 'new, without a boundary', apps: components, path: (id) => `/bare/${id}` },
  { name: 'catch-all', apps: every, path: (id) => `/all/${id}/more` },
  { name: 'catch-all of the build', apps: every, path: () => '/all/1/more', fixed: true },
  { name: 'parallel routes', apps: every, path: () => '/board', fixed: true },
  { name: 'intercepted', apps: every, path: (id) => `/photo/${id}`, headers: { ...navigation, 'next-url': '/feed' }, route: (id) => `/feed/(..)photo/${id}` },
  { name: 'not intercepted', apps: every, path: (id) => `/photo/${id}` },
  { name: 'loading', apps: every, path: (id) => `/loading/${id}` },
  { name: "whole-page 'use cache', of the build", apps: components, path: () => '/whole/1', fixed: true },
  { name: 'loading, of the build', apps: every, path: () => '/loading/1', fixed: true },
  { name: "whole-page 'use cache'", apps: components, path: (id) => `/whole/${id}` },
  { name: 'with a hole', apps: components, path: (id) => `/hole/${id}` },
  { name: 'dynamic', apps: isr, path: (id) => `/dynamic/${id}` },
  { name: 'navigation', apps: every, path: (id) => `/listed/${id}`, headers: navigation },
  { name: 'navigation, of the build', apps: every, path: () => '/listed/1', fixed: true, headers: navigation },
  { name: 'navigation, without a boundary', apps: components, path: (id) => `/bare/${id}`, headers: navigation },
  { name: 'navigation, of the build, with a hole', apps: components, path: () => '/mixed/1', fixed: true, headers: navigation },
  { name: 'prefetch', apps: every, path: (id) => `/listed/${id}`, headers: prefetch },
  { name: 'prefetch of the tree', apps: components, path: (id) => `/listed/${id}`, headers: segment('/_tree') },
  { name: 'prefetch of a segment', apps: components, path: (id) => `/listed/${id}`, headers: segment('/listed/$d$id/__PAGE__') },
  { name: 'prefetch of a segment, of the build', apps: components, path: () => '/listed/1', fixed: true, headers: segment('/listed/$d$id/__PAGE__') },
  { name: 'prefetch of a segment, without a boundary', apps: components, path: (id) => `/bare/${id}`, headers: segment('/bare/$d$id/__PAGE__') },
  { name: 'HEAD', apps: every, path: (id) => `/listed/${id}`, method: 'HEAD' },
  { name: 'aborted', apps: every, path: (id) => `/listed/${id}`, aborted: 150 },
  { name: 'aborted, without a boundary', apps: components, path: (id) => `/bare/${id}`, aborted: 150 },
  { name: 'draft mode', apps: every, path: (id) => `/listed/${id}`, draft: true },
  { name: 'throws', apps: every, path: (id) => `/thrown/${id}` },
  { name: 'throws, aborted', apps: every, path: (id) => `/thrown/${id}`, aborted: 150 },
  { name: 'not found', apps: every, path: (id) => `/missing/${id}` },
  { name: 'redirects', apps: every, path: (id) => `/moved/${id}` },
  { name: 'route handler of the build', apps: every, path: () => '/api/fixed', fixed: true },
  { name: 'route handler of the build, of two functions', apps: components, path: () => '/api/pair', fixed: true },
  { name: 'route handler', apps: every, path: (id) => `/api/value/${id}` },
  { name: 'unstable_cache of undefined', apps: isr, path: (id) => `/api/nothing/${id}` },
  { name: 'fetch', apps: isr, path: (id) => `/api/fetched/${id}` },
  { name: 'Pages Router of the build', apps: isr, path: () => '/press/1', fixed: true },
  { name: 'Pages Router', apps: isr, path: (id) => `/press/${id}` },
  { name: 'Pages Router, not found', apps: isr, path: (id) => `/press/missing-${id}` },
  { name: 'Pages Router, redirects', apps: isr, path: (id) => `/press/moved-${id}` },
  { name: 'Pages Router, throws', apps: isr, path: (id) => `/press/thrown-${id}` },
  { name: 'Pages Router, throws, aborted', apps: isr, path: (id) => `/press/thrown-${id}`, aborted: 150 },
  { name: 'Pages Router, a frame at first', apps: isr, path: (id) => `/wire/${id}` },
];

/** The kinds an app has. */
export function kindsOf(app) {
  return kinds.filter((kind) => kind.apps.includes(app));
}
