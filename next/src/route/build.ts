import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIdIn } from '../runtime/build-id.js';
import type { AsOf } from '../wire/frame.js';
import type { CacheControl } from './value.js';

/**
 * The file that says as of when the pages beside it were generated; no page's file has this name.
 */
export const REVISION_FILE = '.larder.json';

/**
 * The part of Next.js' `prerender-manifest.json` that is read here. What is not read is left out. A
 * build without the file has no pages in it.
 */
interface Manifest {
  readonly routes: Readonly<Record<string, InitialLife>>;
  readonly dynamicRoutes: Readonly<Record<string, FallbackLife>>;
  readonly notFoundRoutes: readonly string[];
  readonly preview?: { readonly previewModeId?: string };
}

/** The life of a page that was rendered, in seconds; `false` is for ever. */
interface InitialLife {
  readonly initialRevalidateSeconds?: number | false;
  readonly initialExpireSeconds?: number;
}

/** The life of the shell of a dynamic route, in seconds; `false` is for ever. */
interface FallbackLife {
  readonly fallbackRevalidate?: number | false;
  readonly fallbackExpire?: number;
}

const EMPTY: Manifest = { routes: {}, dynamicRoutes: {}, notFoundRoutes: [] };

/**
 * What `next build` made, as this process runs it. Its manifest and its point are read with the
 * first question, once: a build does not change while a process runs it.
 */
export class Build {
  /** What tells it from every other build. */
  readonly id: string;
  /** The directory of what is run on the server. */
  readonly server: string;
  #manifest: Promise<Manifest> | undefined;
  #point: Promise<AsOf | undefined> | undefined;

  private constructor(id: string, server: string) {
    this.id = id;
    this.server = server;
  }

  /**
   * Reads which build there is, at once.
   *
   * @param server the `server` directory of a `.next`
   * @returns undefined where nothing tells it from others: there is no `BUILD_ID`, or an empty one
   */
  static in(server: string): Build | undefined {
    const id = buildIdIn(join(server, '..'));
    return id === '' ? undefined : new Build(id, server);
  }

  /**
   * When it was made, in milliseconds since the epoch. It is the time of a file, so copying the
   * build may move it.
   *
   * @throws Error when the file is gone
   */
  async madeAt(): Promise<number> {
    return (await stat(join(this.server, '..', 'BUILD_ID'))).mtimeMs;
  }

  /**
   * The cache control the build gave to a page, by its path, if it did. Of a path the build
   * rendered, or of the shell of a dynamic route. In seconds.
   *
   * @param path as a visitor asks for it
   */
  async controlOf(path: string): Promise<CacheControl | undefined> {
    const { routes, dynamicRoutes } = await this.#prerendered();
    const route = own(routes, path);
    if (route?.initialRevalidateSeconds !== undefined) {
      return { revalidate: route.initialRevalidateSeconds, expire: route.initialExpireSeconds };
    }
    const shell = own(dynamicRoutes, path);
    if (shell?.fallbackRevalidate === undefined) return undefined;
    return { revalidate: shell.fallbackRevalidate, expire: shell.fallbackExpire };
  }

  /**
   * Whether the build found that there is no page at a path. Only the Pages Router notes that
   * (`notFound: true` of `getStaticProps`).
   */
  async lacks(path: string): Promise<boolean> {
    return (await this.#prerendered()).notFoundRoutes.includes(path);
  }

  /**
   * Whether a path is that of a shell: of the pages of a dynamic route the build did not render.
   *
   * @param path with its parameters in brackets, as `/blog/[slug]`
   */
  async isShell(path: string): Promise<boolean> {
    return Object.hasOwn((await this.#prerendered()).dynamicRoutes, path);
  }

  /**
   * Whether a request that says `secret` may have a page rendered whatever is cached. Next.js
   * decides that by a number it made up for the build; where that is not found, whoever asks may.
   */
  async trusts(secret: string): Promise<boolean> {
    const { previewModeId = secret } = (await this.#prerendered()).preview ?? {};
    return secret === previewModeId;
  }

  /**
   * The point in the namespace's history the build began to render at, if it was noted; nothing
   * that happened after it is in its pages.
   *
   * It is undefined for a build that did not know the server, and every invalidation ever made
   * then counts against its pages.
   */
  async point(): Promise<AsOf | undefined> {
    return (this.#point ??= this.#readPoint());
  }

  async #prerendered(): Promise<Manifest> {
    const file = join(this.server, '..', 'prerender-manifest.json');
    return (this.#manifest ??= readFile(file, 'utf8').then(
      (text) => ({ ...EMPTY, ...(JSON.parse(text) as Partial<Manifest>) }),
      () => EMPTY,
    ));
  }

  async #readPoint(): Promise<AsOf | undefined> {
    for (const router of ['app', 'pages']) {
      try {
        const text = await readFile(join(this.server, router, REVISION_FILE), 'utf8');
        const { identity, revision } = JSON.parse(text) as { identity: string; revision: number };
        return { identity: BigInt(`0x${identity}`), revision: BigInt(revision) };
      } catch {
        // Not noted for this router, or not at all.
      }
    }
    return undefined;
  }
}

const builds = new Map<string, Build | undefined>();

/**
 * The build of a server directory, read once; undefined where there is none.
 *
 * @param server undefined where Next.js did not say
 */
export function buildIn(server: string | undefined): Build | undefined {
  if (!server) return undefined;
  if (!builds.has(server)) builds.set(server, Build.in(server));
  return builds.get(server);
}

function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
