import type { RouteValue } from '../../src/route/value.js';

/** One value of each kind, and of each form that Next.js may hand in. */
export const VALUES: Readonly<Record<string, RouteValue | null>> = {
  notFound: null,
  page: {
    kind: 'APP_PAGE',
    html: '<p>é\u{1f600} lone \ud800</p>',
    rscData: Buffer.from([0, 1, 255]),
    postponed: undefined,
    segmentData: new Map([
      ['/_tree', Buffer.from('tree')],
      ['/blog/$d$slug/__PAGE__', Buffer.alloc(0)],
    ]),
    headers: { 'x-next-cache-tags': 'a,_N_T_/layout', 'x-nextjs-stale-time': '300' },
    status: 404,
  },
  shell: {
    kind: 'APP_PAGE',
    html: '',
    rscData: undefined,
    postponed: '12:["x","y"]state',
    segmentData: undefined,
    headers: undefined,
    status: undefined,
  },
  route: {
    kind: 'APP_ROUTE',
    body: Buffer.from([0xff, 0xfe, 0]),
    status: 201,
    headers: {
      'content-type': 'image/png',
      'set-cookie': ['a=1', 'b=2'],
      'x-next-cache-tags': 'r',
    },
  },
  pages: {
    kind: 'PAGES',
    html: '<p>pages</p>',
    pageData: { pageProps: { list: [1, null, 'é'] }, __N_SSG: true },
    headers: undefined,
    status: 200,
  },
  redirect: { kind: 'REDIRECT', props: { pageProps: { __N_REDIRECT: '/to' } } },
  fetched: {
    kind: 'FETCH',
    data: {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"n":1}').toString('base64'),
      status: 200,
      url: 'http://origin/a',
    },
    revalidate: 31536000,
  },
  computed: {
    kind: 'FETCH',
    data: { headers: {}, body: '{"computed":true}', status: 200, url: '' },
    revalidate: 60,
  },
  computedUndefined: {
    kind: 'FETCH',
    data: { headers: {}, body: undefined, status: 200, url: '' },
    revalidate: 31536000,
  },
  fetchedEmpty: {
    kind: 'FETCH',
    data: { headers: { etag: '"0"' }, body: '', status: 200, url: 'http://origin/empty' },
    revalidate: 4294967294,
  },
  fetchedBinary: {
    kind: 'FETCH',
    data: { headers: {}, body: '/wAB/g==', status: 206, url: 'http://origin/b' },
    revalidate: 1,
  },
  fetchedNothing: {
    kind: 'FETCH',
    data: { headers: {}, body: '', status: 204, url: 'http://origin/c' },
    revalidate: 60,
  },
  fetchedReset: {
    kind: 'FETCH',
    data: { headers: {}, body: '', status: 205, url: 'http://origin/d' },
    revalidate: 60,
  },
  fetchedNotModified: {
    kind: 'FETCH',
    data: { headers: { etag: 'W/"é"' }, body: undefined, status: 304, url: 'http://origin/e' },
    revalidate: 60,
  },
  fetchedBare: {
    kind: 'FETCH',
    data: { headers: undefined, body: '{"n":"\\ud800"}', status: undefined, url: undefined },
    revalidate: 60,
  },
  image: {
    kind: 'IMAGE',
    buffer: Buffer.from('RIFF'),
    etag: 'e',
    upstreamEtag: 'u',
    extension: 'webp',
    revalidate: 60,
  },
};
