import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { categories, products } from './seed.mjs';

const schema = `
  CREATE TABLE IF NOT EXISTS category (
    slug TEXT PRIMARY KEY, name TEXT NOT NULL, shape TEXT NOT NULL, intro TEXT NOT NULL,
    position INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS product (
    id INTEGER PRIMARY KEY, category TEXT NOT NULL REFERENCES category(slug), name TEXT NOT NULL,
    label TEXT NOT NULL, maker TEXT NOT NULL, size TEXT NOT NULL, hue INTEGER NOT NULL,
    motif TEXT NOT NULL, story TEXT NOT NULL, price INTEGER NOT NULL, stock INTEGER NOT NULL
  );
`;

const productColumns =
  'p.id, p.name, p.label, p.maker, p.size, p.hue, p.motif, p.story, p.price, ' +
  'p.category, c.name AS categoryName, c.shape';
const fromProducts = 'FROM product p JOIN category c ON c.slug = p.category';

/** The shop's SQLite file: opened, created and seeded when it is new. One process per file. */
export class Database {
  #sqlite;

  constructor(file) {
    mkdirSync(dirname(file), { recursive: true });
    // The driver locks with a directory, which a killed process leaves behind for ever.
    rmSync(`${file}.lock`, { recursive: true, force: true });
    this.#sqlite = new sqlite.Database(file);
    this.#sqlite.exec(schema);
    if (this.#sqlite.get('SELECT count(*) AS n FROM product').n === 0) this.#seed();
  }

  #seed() {
    this.#sqlite.exec('BEGIN');
    categories.forEach((c, position) =>
      this.#sqlite.run('INSERT INTO category VALUES (?, ?, ?, ?, ?)', [
        c.slug,
        c.name,
        c.shape,
        c.intro,
        position,
      ]),
    );
    for (const p of products) {
      this.#sqlite.run('INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        p.id,
        p.category,
        p.name,
        p.label,
        p.maker,
        p.size,
        p.hue,
        p.motif,
        p.story,
        p.price,
        p.stock,
      ]);
    }
    this.#sqlite.exec('COMMIT');
  }

  /** Every product, in shelf order. */
  products() {
    return this.#sqlite.all(`SELECT ${productColumns} ${fromProducts} ORDER BY p.id`);
  }

  /** One product, or undefined. */
  product(id) {
    return (
      this.#sqlite.get(`SELECT ${productColumns} ${fromProducts} WHERE p.id = ?`, [id]) ?? undefined
    );
  }

  /** Every category with the number of its products, in shelf order. */
  categories() {
    return this.#sqlite.all(
      'SELECT slug, name, shape, intro, (SELECT count(*) FROM product WHERE category = slug) AS products ' +
        'FROM category ORDER BY position',
    );
  }

  /** One category with its products, or undefined. */
  category(slug) {
    const found = this.#sqlite.get('SELECT slug, name, shape, intro FROM category WHERE slug = ?', [
      slug,
    ]);
    if (!found) return undefined;
    const items = this.#sqlite.all(
      `SELECT ${productColumns} ${fromProducts} WHERE p.category = ? ORDER BY p.id`,
      [slug],
    );
    return { ...found, products: items };
  }

  /** How many of a product are left, or undefined. */
  stock(id) {
    return this.#sqlite.get('SELECT id, stock FROM product WHERE id = ?', [id]) ?? undefined;
  }

  /** Changes a price in cents; the changed product, or undefined if there is none. */
  setPrice(id, price) {
    this.#sqlite.run('UPDATE product SET price = ? WHERE id = ?', [price, id]);
    return this.product(id);
  }

  /** Changes how many of a product are left; the new level, or undefined if there is no product. */
  setStock(id, stock) {
    this.#sqlite.run('UPDATE product SET stock = ? WHERE id = ?', [stock, id]);
    return this.stock(id);
  }

  /** Closes the file. */
  close() {
    this.#sqlite.close();
  }
}
