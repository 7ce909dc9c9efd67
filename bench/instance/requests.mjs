import { Request } from '../../conformance/use-cache/next/request.mjs';
import { now } from '../../conformance/use-cache/next/clock.mjs';

/** What `cacheLife` says of the entries of the benchmark, in seconds: none grows old in a run. */
const LIFE = { stale: 300, revalidate: 86_400, expire: 7 * 86_400 };

/**
 * Requests that read and write cached functions, with the calls Next.js makes and nothing around
 * them: `refreshTags` once, `get` for each function at the same time, `getExpiration` once and only
 * after a hit, and every stream read to its end.
 */
export class Requests {
  #handler;
  #calls;

  constructor(handler) {
    this.#handler = handler;
    this.#calls = {
      offers: (method) => method in handler,
      make: (method, ...args) => handler[method](...args),
    };
  }

  /** A request that has not asked anything yet. */
  begin() {
    return new Request({ path: '/products/page' });
  }

  /**
   * What a request finds.
   *
   * @param {Request} request
   * @param {string[]} names of entries
   * @returns {Promise<(Uint8Array[] | undefined)[]>} the chunks of each, undefined for a miss
   */
  read(request, names) {
    return request.run(() => {
      if (names.length === 1) return this.#read(request, names[0]).then((chunks) => [chunks]);
      return Promise.all(names.map((name) => this.#read(request, name)));
    });
  }

  /** Stores a generated value; done when the handler says so. */
  async write(name, value, tags) {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
        controller.close();
      },
    });
    const entry = { ...LIFE, tags, timestamp: now(), value: stream };
    await this.begin().run(() => this.#handler.set(keyOf(name), Promise.resolve(entry)));
  }

  /** Invalidates tags, as a Server Action does; done when the handler says so. */
  async invalidate(tags) {
    await this.begin().run(() => this.#handler.updateTags(tags));
  }

  async #read(request, name) {
    await request.refreshTags(this.#calls);
    const entry = await this.#handler.get(keyOf(name), request.softTags);
    if (!entry) return undefined;
    const expiration = await request.expiration(this.#calls);
    const found = entry.value instanceof Uint8Array ? [entry.value] : await drained(entry.value);
    return entry.timestamp <= expiration ? undefined : found;
  }
}

/** The cache key of an entry, as Next.js writes them. */
function keyOf(name) {
  return JSON.stringify(['80c0ffee', [name], ['a-build']]);
}

async function drained(stream) {
  const reader = stream.getReader();
  const chunks = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}
