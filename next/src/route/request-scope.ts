import type { Clock } from '../runtime/clock.js';
import type { Key } from '../entry/key.js';

/** Keys remembered of one visit; only that of the images lasts longer than a request. */
const CAPACITY = 1024;

/** What a browser sends a form as, which may be a Server Action. */
const FORM = /^(multipart\/form-data|application\/x-www-form-urlencoded)/;

/**
 * What Next.js constructs a cache handler with, as far as it is read here. All of it may be absent.
 */
export interface HandlerContext {
  readonly serverDistDir?: string | undefined;
  readonly _requestHeaders?: Readonly<Record<string, string | string[] | undefined>> | undefined;
}

/**
 * What one request, or the image optimizer, does with the route cache: Next.js constructs a handler
 * for each. That is how a `set` is distinguished from that of another request that renders the same page.
 *
 * Headers are kept as they are handed in, for as long as the handler lives.
 */
export class RequestScope {
  /** Where the build is that it belongs to, if that was said. */
  readonly serverDistDir: string | undefined;
  readonly #headers: NonNullable<HandlerContext['_requestHeaders']>;
  readonly #born: number;
  /** When a generation of a key may have begun, and whether it is known to be due. */
  readonly #asked = new Map<string, { readonly moment: number; readonly due: boolean }>();

  /** @param clock on which the moments of `asked` and `beganAt` are */
  constructor(context: HandlerContext | undefined, clock: Clock) {
    this.serverDistDir = context?.serverDistDir;
    this.#headers = context?._requestHeaders ?? {};
    this.#born = clock();
  }

  /**
   * What it says to have a page rendered whatever is cached, if it wants that. Whether that is
   * right is a question for the build (`Build.trusts`).
   */
  get demand(): string | undefined {
    const secret = this.#headers['x-prerender-revalidate'];
    return secret === undefined ? undefined : String(secret);
  }

  /** Whether a page with holes is only read, for a navigation or after an action. */
  get navigates(): boolean {
    const headers = this.#headers;
    if (headers['rsc'] !== undefined) return headers['next-router-prefetch'] === undefined;
    const posted = FORM.test(String(headers['content-type'] ?? ''));
    return posted || headers['next-action'] !== undefined;
  }

  /**
   * Notes that a lookup of `key` was answered at `moment`, and whether a generation is due: then
   * its moment holds until the value arrives, whatever is asked meanwhile.
   */
  asked(key: Key, moment: number, due: boolean): void {
    if (this.#asked.get(key.id)?.due) return;
    this.#asked.delete(key.id);
    this.#asked.set(key.id, { moment, due });
    if (this.#asked.size <= CAPACITY) return;
    const [oldest] = this.#asked.keys();
    this.#asked.delete(oldest!);
  }

  /**
   * When the generation of `key` began whose value has arrived, or a moment before that. The key is
   * forgotten. Where nothing was noted it is when this scope began.
   */
  beganAt(key: Key): number {
    const asked = this.#asked.get(key.id);
    this.#asked.delete(key.id);
    return asked?.moment ?? this.#born;
  }
}
