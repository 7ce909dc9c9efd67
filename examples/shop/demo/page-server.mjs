import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { categories, products } from '../origin/seed.mjs';
import { StatsFeed } from './stats-feed.mjs';

const files = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/demo.css': ['demo.css', 'text/css; charset=utf-8'],
  '/demo.js': ['demo.js', 'text/javascript; charset=utf-8'],
  '/meter.js': ['meter.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['../../app/icon.svg', 'image/svg+xml'],
};
const burstPerShop = 10;
const maxBody = 10_000;

/** The side-by-side page with what it needs from origin and shops; `addresses` is name to URL. */
export function createPageServer(addresses) {
  const feed = new StatsFeed(`${addresses.origin}/stats`);
  const setup = {
    shops: { A: addresses.shopA, B: addresses.shopB },
    addresses,
    categories: categories.map(({ slug, name }) => ({ slug, name })),
    products: products.map(({ id, name, category }) => ({ id, name, category })),
  };

  const actions = {
    '/reset': () => post(`${addresses.origin}/stats/reset`, {}),
    '/delay': ({ ms }) => post(`${addresses.origin}/delay`, { ms }),
    '/webhook': ({ shop, ...body }) =>
      post(`${setup.shops[shop] ?? setup.shops.A}/api/webhook`, body),
    '/burst': ({ id }) => burst(setup.shops, Number(id)),
    '/limit': () => limited(setup.shops),
    '/handover': () => handedOver(setup.shops),
  };

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://demo');
    try {
      if (request.method === 'POST' && Object.hasOwn(actions, pathname)) {
        const { status, body } = await actions[pathname](await readJson(request));
        return json(response, status, body);
      }
      if (request.method !== 'GET')
        return json(response, 405, { error: 'only GET and the actions of the page' });
      if (pathname === '/events') return feed.add(response);
      if (pathname === '/setup.json') return json(response, 200, setup);
      if (!Object.hasOwn(files, pathname))
        return json(response, 404, { error: `nothing at ${pathname}` });
      const [name, type] = files[pathname];
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(await readFile(new URL(`page/${name}`, import.meta.url)));
    } catch (error) {
      json(response, error instanceof SyntaxError ? 400 : 502, { error: error.message });
    }
  });
  server.on('close', () => feed.close());
  return server;
}

/** Expires one product and then asks both shops for it many times at once. */
async function burst(shops, id) {
  if (!products.some((product) => product.id === id))
    return { status: 400, body: { error: `no product ${id}` } };
  const [first] = Object.values(shops);
  await post(`${first}/api/webhook`, { tag: `product:${id}`, expire: 0 });
  // A route handler answers before its revalidateTag has reached the cache.
  await sleep(250);
  const asked = Object.values(shops).flatMap((shop) =>
    Array.from({ length: burstPerShop }, async () => {
      const answer = await fetch(`${shop}/api/product/${id}`, {
        signal: AbortSignal.timeout(15_000),
      });
      if (!answer.ok) throw new Error(`a shop answered ${answer.status}`);
      const { generatedAt, generatedBy } = await answer.json();
      return `${generatedBy} ${generatedAt}`;
    }),
  );
  const answers = await Promise.all(asked);
  return { status: 200, body: { requests: answers.length, generations: new Set(answers).size } };
}

/** One visitor searches eight times, on the shops in turn: the limit is of both together. */
async function limited(shops) {
  const cookie = `session=${randomUUID()}`;
  const searches = [];
  for (let i = 0; i < 8; i++) {
    const [shop, url] = Object.entries(shops)[i % Object.keys(shops).length];
    const answer = await fetch(`${url}/api/till/search?q=tea`, {
      headers: { cookie },
      signal: AbortSignal.timeout(15_000),
    });
    await answer.arrayBuffer();
    const remaining = answer.headers.get('x-ratelimit-remaining');
    searches.push({ shop, status: answer.status, remaining });
  }
  return { status: 200, body: { searches } };
}

/** A visitor of A holds the till while one of B asks for it, until B has it. */
async function handedOver(shops) {
  const steps = [];
  const [[first, held], [second, waiting]] = Object.entries(shops);
  const checkout = async (shop, url, hold) => {
    const { status } = await post(`${url}/api/till/checkout`, { hold }, `session=${randomUUID()}`);
    steps.push({ shop, status });
    return status;
  };
  const holding = checkout(first, held, 700);
  await sleep(150);
  const deadline = Date.now() + 15_000;
  while ((await checkout(second, waiting, 0)) !== 200 && Date.now() < deadline) await sleep(150);
  await holding;
  return { status: 200, body: { steps } };
}

async function post(url, body, cookie = '') {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
  return { status: answer.status, body: await answer.json() };
}

async function readJson(request) {
  // Other websites cannot send this content type here without asking first.
  if (request.headers['content-type'] !== 'application/json')
    throw new SyntaxError('send application/json');
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxBody) throw new SyntaxError('the body is too long');
  }
  const body = JSON.parse(text || '{}');
  if (typeof body !== 'object' || body === null)
    throw new SyntaxError('the body must be a JSON object');
  return body;
}

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
