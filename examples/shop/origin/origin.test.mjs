import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Database } from './database.mjs';
import { createOrigin } from './service.mjs';

const folder = mkdtempSync(join(tmpdir(), 'shop-origin-'));
const file = join(folder, 'shop.sqlite');
let database;
let server;
let base;

before(async () => {
  database = new Database(file);
  server = createOrigin({ database, delayMs: 0 });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.close();
  server.closeAllConnections();
  database.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => ask('POST', '/stats/reset'));

async function ask(method, path, body) {
  const response = await fetch(base + path, {
    method,
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('reading', () => {
  test('a new file is seeded with thirty-six products on six shelves', async () => {
    const { body: products } = await ask('GET', '/products');
    const { body: categories } = await ask('GET', '/categories');
    assert.equal(products.length, 36);
    assert.equal(categories.length, 6);
    assert.equal(
      categories.reduce((sum, category) => sum + category.products, 0),
      36,
    );
  });

  test('a product carries its category and its price in cents', async () => {
    const { body } = await ask('GET', '/products/3');
    assert.equal(body.name, 'Quince Paste');
    assert.equal(body.category, 'preserves');
    assert.equal(body.categoryName, 'Preserves');
    assert.ok(Number.isInteger(body.price));
  });

  test('a category carries its products', async () => {
    const { body } = await ask('GET', '/categories/tea/products');
    assert.equal(body.name, 'Tea');
    assert.ok(body.products.length > 0);
    assert.ok(body.products.every((product) => product.category === 'tea'));
  });

  test('only reads of data are counted, by name', async () => {
    await ask('GET', '/products/3');
    await ask('GET', '/products/3');
    await ask('GET', '/stock/3');
    await ask('GET', '/categories/tea/products');
    await ask('GET', '/health');
    const { body } = await ask('GET', '/stats');
    assert.equal(body.total, 4);
    assert.deepEqual(body.queries, { 'product:3': 2, 'stock:3': 1, 'category:tea': 1 });
  });

  test('a read takes as long as it was set to', async () => {
    assert.deepEqual((await ask('POST', '/delay', { ms: 60 })).body, { delayMs: 60 });
    const began = performance.now();
    await ask('GET', '/products/1');
    await ask('POST', '/delay', { ms: 0 });
    assert.ok(performance.now() - began >= 55);
  });
});

describe('writing', () => {
  test('a new price is stored, and counted as a write, not as a query', async () => {
    const { status, body } = await ask('PUT', '/products/5/price', { price: 1234 });
    assert.equal(status, 200);
    assert.equal(body.price, 1234);
    assert.deepEqual((await ask('GET', '/stats')).body, {
      total: 0,
      writes: 1,
      queries: {},
      delayMs: 0,
    });
    assert.equal((await ask('GET', '/products/5')).body.price, 1234);
  });

  test('a new stock level is stored', async () => {
    await ask('PUT', '/stock/5', { stock: 0 });
    assert.deepEqual((await ask('GET', '/stock/5')).body, { id: 5, stock: 0 });
  });

  test('the file outlives the process that wrote it', () => {
    const other = join(folder, 'other.sqlite');
    const first = new Database(other);
    first.setPrice(1, 4321);
    first.close();
    const second = new Database(other);
    assert.equal(second.product(1).price, 4321);
    assert.equal(second.products().length, 36);
    second.close();
  });

  test('a lock left by a killed process does not keep the shop closed', () => {
    const other = join(folder, 'killed.sqlite');
    new Database(other).close();
    mkdirSync(`${other}.lock`);
    const reopened = new Database(other);
    assert.equal(reopened.products().length, 36);
    reopened.close();
  });
});

describe('refusing', () => {
  const refusals = [
    ['GET', '/products/999', undefined, 404, 'no product 999'],
    ['GET', '/products/abc', undefined, 400, /whole number/],
    ['GET', '/products/03', undefined, 400, /whole number/],
    ['GET', '/stock/999', undefined, 404, 'no product 999'],
    ['GET', '/categories/shoes/products', undefined, 404, 'no category shoes'],
    ['GET', '/categories/No%20Such/products', undefined, 400, /lower-case/],
    ['GET', '/nowhere', undefined, 404, 'no route /nowhere'],
    ['POST', '/products', undefined, 405, '/products answers GET, not POST'],
    ['PUT', '/products/3/price', {}, 400, /"price" must be/],
    ['PUT', '/products/3/price', { price: 9.5 }, 400, /"price" must be/],
    ['PUT', '/products/3/price', { price: -1 }, 400, /"price" must be/],
    ['PUT', '/products/999/price', { price: 100 }, 404, 'no product 999'],
    ['PUT', '/products/3/price', '{"price":', 400, 'the body is not JSON'],
    ['PUT', '/products/3/price', 'null', 400, /"price" must be/],
    ['PUT', '/products/3/price', ' '.repeat(20_000), 413, /at most/],
    ['PUT', '/stock/3', { stock: 'many' }, 400, /"stock" must be/],
    ['POST', '/delay', { ms: 1e9 }, 400, /"ms" must be/],
  ];

  for (const [method, path, body, status, message] of refusals) {
    const shown = typeof body === 'string' ? body.trim().slice(0, 12) : JSON.stringify(body);
    test(`${method} ${path} ${shown ?? ''} is a clear ${status}`, async () => {
      const answer = await ask(method, path, body);
      assert.equal(answer.status, status);
      assert.match(
        answer.body.error,
        message instanceof RegExp ? message : new RegExp(`^${message}$`),
      );
    });
  }
});
