import { get as plainGet, type IncomingMessage } from 'node:http';
import { get as secureGet } from 'node:https';

/** Bytes of an answer that are kept, where it is wanted: enough for a thousand of the longest paths. */
const KEPT = 1 << 20;

/** What a GET was answered with. */
export interface Got {
  readonly status: number;
  /** The body, or as much of it as 1 MiB holds; empty where it was not wanted. */
  readonly body: string;
}

/** What is said of a GET. */
export interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether the body is wanted. It is read to its end in any case: a page is rendered as it is read. */
  readonly keep?: boolean;
  /** Who signed the certificate of the server, in PEM, where it is nobody that Node.js trusts. */
  readonly authority?: string | undefined;
}

/**
 * Asks for an address with `node:http`: the global `fetch` is Next.js', which caches and traces. A
 * redirect is an answer. Each has a connection of its own, so that a server that stops is not held.
 *
 * @throws Error when there is no whole answer
 */
export function get(url: URL, { headers, signal, keep, authority }: Asking): Promise<Got> {
  return new Promise((resolve, reject) => {
    const taken = (answer: IncomingMessage): void => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
        if (keep && bytes <= KEPT) parts.push(part);
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
      );
    };
    const options = { headers, signal, agent: false } as const;
    const asked =
      url.protocol === 'https:'
        ? secureGet(url, { ...options, ...(authority && { ca: authority }) }, taken)
        : plainGet(url, options, taken);
    asked.on('error', reject);
  });
}
