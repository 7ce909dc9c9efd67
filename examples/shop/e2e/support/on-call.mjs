import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '@larder/harness/larder';

/** How long the page may take for what it shows, on a busy machine. */
const PATIENCE = 20_000;

/** Where what was seen is written to, as `npm run test:e2e -- --show DIRECTORY questions` says. */
const { QUESTIONS_SHOWN: shown } = process.env;

/** Whoever is woken at three, and asks one server: over the API, with the command line, in a browser. */
export class OnCall {
  /** @type {import('@larder/harness/larder').Larder} */ #larder;
  #namespace;
  #token;
  /** @type {import('playwright-core').Browser} */ #browser;
  /** @type {import('playwright-core').Page} */ #page;
  /** What the page showed, as PNG. @type {Map<string, Buffer>} */ #pictures = new Map();

  /**
   * @param {import('@larder/harness/larder').Larder} larder the server
   * @param {string} namespace
   * @param {import('playwright-core').Browser} browser
   * @param {string} [token] if the server asks for one
   */
  constructor(larder, namespace, browser, token = '') {
    this.#larder = larder;
    this.#namespace = namespace;
    this.#browser = browser;
    this.#token = token;
    if (shown) mkdirSync(shown, { recursive: true });
  }

  /**
   * What an address below that of the namespace answers, or one of the server if it begins with a slash.
   *
   * @param {string} path
   * @param {object} [body] of a POST
   * @param {string} [token] in place of ours
   */
  async api(path, body, token = this.#token) {
    const address = path.startsWith('/') ? path : `/v1/${this.#namespace}/${path}`;
    const answer = await fetch(this.#larder.url + address, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await answer.text();
    assert.ok(answer.ok || address === '/readyz', `${address}: ${answer.status} ${text}`);
    return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  }

  /** What there is of the namespace in `/v1/overview`. */
  async overview() {
    const { namespaces } = await this.api('/v1/overview');
    return namespaces.find(({ namespace }) => namespace === this.#namespace);
  }

  /** The value of a metric without labels other than those given; 0 if there is none. */
  async metric(name, ...labels) {
    const lines = (await this.api('/metrics')).split('\n');
    const found = lines.filter(
      (line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)),
    );
    return found.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /**
   * What a command prints with `--json`, and its exit status. What it prints for people is written down
   * where that is asked for.
   *
   * @param {string} question what its file is called
   * @param {...string} args
   * @returns {Promise<{ status: number | string, rows: any[] }>}
   */
  async larder(question, ...args) {
    const env = {
      LARDER_URL: this.#larder.url,
      LARDER_NAMESPACE: this.#namespace,
      ...(this.#token && { LARDER_TOKEN: this.#token }),
    };
    const { status, stdout, stderr } = await command([...args, '--json'], env);
    assert.ok(status === 0 || status === 5, `larder ${args.join(' ')}: ${status} ${stderr}`);
    if (shown) {
      const people = await command(args, { ...env, NO_COLOR: '1' });
      const text = `$ larder ${args.join(' ')}\n${people.stdout}${people.stderr}`;
      writeFileSync(join(shown, `${question}.txt`), text, { flag: 'a' });
    }
    return {
      status,
      rows: stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    };
  }

  /**
   * A screen of the dashboard, in a page that stays open from one question to the next.
   *
   * @param {string} screen as the address names it
   * @param {Record<string, string>} [parameters] of the address
   */
  async screen(screen, parameters = {}) {
    const query = new URLSearchParams({ ns: this.#namespace, ...parameters });
    const address = `${this.#larder.url}/#/${screen}?${query}`;
    if (this.#page) {
      await this.#page.goto(address);
    } else {
      const context = await this.#browser.newContext({
        viewport: { width: 1280, height: 720 },
        colorScheme: 'light',
      });
      context.setDefaultTimeout(PATIENCE);
      this.#page = await context.newPage();
      await this.#page.goto(address);
      if (this.#token) {
        await this.#page.getByLabel('Token').fill(this.#token);
        await this.#page.getByRole('button', { name: 'Sign in' }).click();
      }
    }
    await this.#page.locator('main h1').waitFor();
    return this.#page;
  }

  /** Takes a picture of what the page shows, as far as there is something, where that is asked for. */
  async picture(question) {
    if (!shown) return;
    const { width, height } = this.#page.viewportSize();
    const end = await this.#page
      .locator('main')
      .evaluate((main) => main.getBoundingClientRect().bottom);
    const open = await this.#page.getByRole('dialog').count();
    const clip = { x: 0, y: 0, width, height: open ? height : Math.min(height, Math.ceil(end)) };
    this.#pictures.set(question, await this.#page.screenshot({ clip }));
  }

  /** A picture as WebP, which is a third of the PNG that a browser makes; both in Base64. */
  async #smaller(png) {
    const page = await this.#browser.newPage();
    try {
      return await page.evaluate(async (from) => {
        const image = new Image();
        image.src = `data:image/png;base64,${from}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.width, image.height];
        canvas.getContext('2d').drawImage(image, 0, 0);
        return canvas.toDataURL('image/webp', 0.8).split(',')[1];
      }, png);
    } finally {
      await page.close();
    }
  }

  /** Leaves, and writes down the pictures that were taken. */
  async close() {
    for (const [question, png] of this.#pictures) {
      const webp = await this.#smaller(png.toString('base64'));
      writeFileSync(join(shown, `${question}.webp`), Buffer.from(webp, 'base64'));
    }
    await this.#page?.context().close();
  }
}
