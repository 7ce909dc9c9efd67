import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a page is looked at with: both themes, a phone and a desk. */
export const LOOKS = ['light', 'dark'].flatMap((colorScheme) =>
  [360, 1440].map((width) => ({ colorScheme, viewport: { width, height: 900 } })),
);

export const SCREENS = ['overview', 'entries', 'tags', 'invalidations', 'instances', 'explain'];

/** How long the page may take for what it does, on a busy machine. */
export const PATIENCE = 30_000;

/**
 * Opens the page in a context of its own.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {object} look as Playwright takes it
 * @returns {Promise<{ page: import('playwright-core').Page, faults: string[] }>} `faults` are
 *   violations of the policy and errors of scripts, as they happen
 */
export async function open(browser, url, look = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...look });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  await page.exposeFunction('foundFault', (what) => faults.push(what));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      window.foundFault(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
    );
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(url);
  return { page, faults };
}

/** Waits until nothing is asked for any more, as far as the reader is told. */
export async function settled(page) {
  await page.locator('main h1').waitFor();
  await page.waitForFunction(
    () => !document.querySelector('main')?.textContent.includes('Asking the server'),
  );
}

/** Fails with what is not accessible. The page must have been opened with `bypassCSP`. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }),
  );
  assert.deepEqual(
    found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`),
    })),
    [],
    what,
  );
}

/** Fails if the page is wider than the window: only tables scroll sideways. */
export async function fits(page, what) {
  const [needed, there] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(needed <= there, `${what}: ${needed} px in ${there}`);
}
