import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checkout } from '@larder/harness/checkout';

const edge = fileURLToPath(new URL('../fixtures/edge', import.meta.url));

/** What of an app may run on the edge, and its `proxy.ts`, by the files of it. */
export const parts = {
  'edge page': 'app/edge-page',
  'edge route': 'app/edge-route',
  'edge middleware': 'middleware.js',
  proxy: 'proxy.js',
  'edge API route': 'pages',
};

/**
 * An app with some of `parts`, of which the name says which.
 *
 * @typedef {{ parts: string[], cacheComponents: boolean, useCache?: boolean, bundler: 'turbopack' | 'webpack' }} Variant
 */
export class EdgeApp {
  /** @type {Checkout} */ #checkout;
  /** @type {Variant} */ #variant;

  /** @param {Variant} variant */
  constructor(root, variant) {
    this.#checkout = new Checkout(root, edge);
    this.#variant = variant;
    for (const [part, file] of Object.entries(parts)) {
      if (variant.parts.includes(part)) continue;
      rmSync(join(this.directory, file), { recursive: true });
    }
  }

  get directory() {
    return this.#checkout.app;
  }

  /** Builds it; what is wrong if that fails, as Next.js says it. With `control`, without Larder. */
  async build({ control = false } = {}) {
    const { bundler, cacheComponents, useCache = false } = this.#variant;
    rmSync(join(this.directory, '.next'), { recursive: true, force: true });
    try {
      const env = {
        EDGE_CACHE_COMPONENTS: cacheComponents ? '1' : '0',
        EDGE_USE_CACHE: useCache ? '1' : '0',
        EDGE_CONTROL: control ? '1' : '0',
      };
      await this.#checkout.build(env, ...(bundler === 'webpack' ? ['--webpack'] : []));
      return undefined;
    } catch (error) {
      return error.message;
    }
  }
}
