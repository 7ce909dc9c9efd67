import { isDeepStrictEqual } from 'node:util';

/*
 * Values of every kind, made of bytes of the origin, and what is wrong with one that came back.
 */

/**
 * A value of a kind as Next.js hands it to `set`.
 *
 * @param {string} kind as Next.js names it; `NOT_FOUND` stands for `null`
 * @param {Buffer} bytes of the origin
 * @param {string[]} tags
 * @param {{ ppr?: boolean, revalidate?: number | false, form?: string }} how `ppr` is a page with
 *   holes, `revalidate` seconds of a FETCH, and `form` one of `FORMS` in place of the bytes
 */
export function made(kind, bytes, tags, { ppr = false, revalidate = 900, form } = {}) {
  const headers = { 'x-next-cache-tags': tags.join(',') };
  switch (kind) {
    case 'APP_PAGE':
      return {
        kind,
        html: bytes.toString(),
        rscData: Buffer.from(RSC),
        postponed: ppr ? POSTPONED : undefined,
        segmentData: new Map([['/_tree', Buffer.from(RSC)]]),
        headers,
        status: 200,
      };
    case 'APP_ROUTE':
      return {
        kind,
        body: bytes,
        status: 203,
        headers: { ...headers, 'set-cookie': ['a=1', 'b=2'] },
      };
    case 'PAGES':
      return { kind, html: bytes.toString(), pageData: PAGE_DATA, headers: undefined, status: 200 };
    case 'REDIRECT':
      return { kind, props: { pageProps: { __N_REDIRECT: bytes.toString() } } };
    case 'FETCH':
      return { kind, data: form ? FORMS[form] : fetched(bytes.toString('base64')), revalidate };
    case 'NOT_FOUND':
      return null;
    default:
      throw new Error(`no value of kind ${kind}`);
  }
}

/**
 * The memory in a value. A reader may write into it.
 *
 * @param {object | null | undefined} value
 * @returns {Buffer[]}
 */
export function buffersOf(value) {
  const { body, rscData, segmentData } = value ?? {};
  return [body, rscData, ...(segmentData?.values() ?? [])].filter(Buffer.isBuffer);
}

/**
 * What is not as it was when it was stored, in words.
 *
 * @param {string} kind as `made` was given it
 * @param {object | null | undefined} value that came back
 * @param {{ ppr?: boolean, form?: string }} how as `made` was given it
 * @returns {string[]} a clause for each; none where it is as it was
 */
export function problemsOf(kind, value, { ppr = false, form }) {
  const problems = [];
  const must = (holds, otherwise) => holds || problems.push(otherwise);
  if (kind === 'NOT_FOUND') {
    must(value == null, 'it is a value');
    return problems;
  }
  if (!value) return ['it is nothing'];
  must(value.kind === kind, `it is of kind ${value.kind}`);
  if (kind === 'APP_PAGE') {
    if (ppr) must(value.rscData === undefined, 'it has the data of a whole page');
    else
      must(
        Buffer.isBuffer(value.rscData) && value.rscData.equals(RSC),
        'its rscData is no such Buffer',
      );
    must(value.segmentData instanceof Map, 'its segmentData is no Map');
    const segment = value.segmentData instanceof Map ? value.segmentData.get('/_tree') : undefined;
    must(Buffer.isBuffer(segment) && segment.equals(RSC), 'a segment is no such Buffer');
    must(value.postponed === (ppr ? POSTPONED : undefined), 'its postponed state is another');
    must(value.status === 200, `its status is ${value.status}`);
  }
  if (kind === 'APP_ROUTE') {
    must(Buffer.isBuffer(value.body), 'its body is no Buffer');
    must(value.status === 203, `its status is ${value.status}`);
    must(JSON.stringify(value.headers['set-cookie']) === '["a=1","b=2"]', 'its headers are others');
  }
  if (kind === 'PAGES') {
    must(JSON.stringify(value.pageData) === JSON.stringify(PAGE_DATA), 'its pageData is another');
  }
  if (kind === 'FETCH' && form) {
    for (const field of ['headers', 'body', 'status', 'url']) {
      const [was, is] = [FORMS[form][field], value.data[field]];
      must(
        isDeepStrictEqual(is, was),
        `its ${field} is ${JSON.stringify(is)}, and was ${JSON.stringify(was)}`,
      );
    }
  } else if (kind === 'FETCH') {
    must(value.data.headers['x-of'] === 'the origin', 'its headers are others');
  }
  return problems;
}

/**
 * What is stored of a response.
 *
 * @param {string} body in base64
 * @param {number} status of HTTP
 * @param {Record<string, string>} headers
 */
function fetched(body, status = 200, headers = { 'x-of': 'the origin' }) {
  return { headers, body, status, url: 'http://origin/' };
}

/**
 * What is stored of a value of `unstable_cache`: its JSON; nothing of undefined, which has none.
 */
function computed(value) {
  return { headers: {}, body: JSON.stringify(value), status: 200, url: '' };
}

/** All forms of a FETCH value, by what they are. */
export const FORMS = {
  'undefined of unstable_cache': computed(undefined),
  'null of unstable_cache': computed(null),
  'an empty text of unstable_cache': computed(''),
  'half a character of unstable_cache': computed('\ud800'),
  'a text of unstable_cache that looks like base64': computed('YQ=='),
  'a response without a body': fetched(undefined),
  'a response with an empty body': fetched(''),
  'a response of every byte': fetched(
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64'),
  ),
  'a response with status 204': fetched('', 204),
  'a response with status 205': fetched('', 205),
  'a response with status 304': fetched('', 304, { etag: 'W/"1"' }),
  'a response with status 404': fetched('bm8=', 404),
  'a response without a header': fetched('b2s=', 200, {}),
};

/** What a navigation needs of a page: bytes that are no text. */
const RSC = Buffer.from([0, 255, 1, 254, 10]);

/** The state of a page with holes. */
const POSTPONED = '14:["a","b"]state';

/** What a page of the Pages Router is rendered from. */
const PAGE_DATA = { pageProps: { list: [1, null, 'é'] }, __N_SSG: true };
