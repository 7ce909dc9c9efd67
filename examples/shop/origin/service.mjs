import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stats } from './stats.mjs';

const maxBody = 10_000;
const maxDelay = 60_000;

/** A refusal with the status and the sentence the caller gets. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * The origin as an HTTP server: a slow product database that counts how often it is really asked.
 * Reads of data wait `delayMs` and are counted when they arrive; everything else answers at once.
 */
export function createOrigin({ database, delayMs = 400, log = () => {} }) {
  const stats = new Stats();
  let delay = delayMs;

  async function read(name, query, missing) {
    stats.read(name);
    log(`read ${name}`);
    if (delay > 0) await sleep(delay);
    const row = query();
    if (row === undefined) throw new Refused(404, missing);
    return row;
  }

  function write(name, change, missing) {
    const row = change();
    if (row === undefined) throw new Refused(404, missing);
    stats.write();
    log(`write ${name}`);
    return row;
  }

  const routes = [
    ['GET', '/health', () => ({ status: 'up' })],
    ['GET', '/stats', () => ({ ...stats.toJSON(), delayMs: delay })],
    ['POST', '/stats/reset', () => (stats.reset(), stats)],
    ['POST', '/delay', ({ body }) => ({ delayMs: (delay = wholeNumber(body, 'ms', 0, maxDelay)) })],
    ['GET', '/products', () => read('products', () => database.products())],
    ['GET', '/categories', () => read('categories', () => database.categories())],
    [
      'GET',
      '/products/:id',
      ({ id }) => read(`product:${id}`, () => database.product(id), `no product ${id}`),
    ],
    [
      'GET',
      '/stock/:id',
      ({ id }) => read(`stock:${id}`, () => database.stock(id), `no product ${id}`),
    ],
    [
      'GET',
      '/categories/:slug/products',
      ({ slug }) => read(`category:${slug}`, () => database.category(slug), `no category ${slug}`),
    ],
    [
      'PUT',
      '/products/:id/price',
      ({ id, body }) => {
        const price = wholeNumber(body, 'price', 1, 999_999);
        return write(`price ${id}`, () => database.setPrice(id, price), `no product ${id}`);
      },
    ],
    [
      'PUT',
      '/stock/:id',
      ({ id, body }) => {
        const stock = wholeNumber(body, 'stock', 0, 999_999);
        return write(`stock ${id}`, () => database.setStock(id, stock), `no product ${id}`);
      },
    ],
  ].map(([method, path, handle]) => ({ method, segments: path.split('/'), handle }));

  return createServer(async (request, response) => {
    try {
      const { handle, params } = findRoute(routes, request);
      const body = request.method === 'GET' ? undefined : await readBody(request);
      answer(response, 200, await handle({ ...params, body }));
    } catch (error) {
      if (!(error instanceof Refused)) log(`failed: ${error.stack}`);
      const refusal = error instanceof Refused ? error : new Refused(500, 'the origin failed');
      answer(response, refusal.status, { error: refusal.message });
    }
  });
}

function findRoute(routes, request) {
  const { pathname } = new URL(request.url, 'http://origin');
  const asked = pathname.split('/');
  const sameShape = routes.filter(
    ({ segments }) =>
      segments.length === asked.length &&
      segments.every((part, i) => part.startsWith(':') || part === asked[i]),
  );
  if (sameShape.length === 0) throw new Refused(404, `no route ${pathname}`);
  const route = sameShape.find(({ method }) => method === request.method);
  if (!route) {
    const allowed = sameShape.map(({ method }) => method).join(', ');
    throw new Refused(405, `${pathname} answers ${allowed}, not ${request.method}`);
  }
  const params = {};
  route.segments.forEach((part, i) => {
    if (part === ':id') params.id = parseId(asked[i]);
    if (part === ':slug') params.slug = parseSlug(asked[i]);
  });
  return { handle: route.handle, params };
}

function parseId(text) {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new Refused(400, 'a product id is a whole number from 1 to 999999');
  return Number(text);
}

function parseSlug(text) {
  if (!/^[a-z0-9-]{1,40}$/.test(text)) {
    throw new Refused(400, 'a category is 1 to 40 lower-case letters, digits and dashes');
  }
  return text;
}

function wholeNumber(body, field, min, max) {
  const value = body?.[field];
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Refused(400, `"${field}" must be a whole number from ${min} to ${max}`);
  }
  return value;
}

async function readBody(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxBody) throw new Refused(413, `a body has at most ${maxBody} characters`);
  }
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, 'the body is not JSON');
  }
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
