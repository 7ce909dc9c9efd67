import { realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canCacheImages } from './next-version.js';
import { notingPoint, type AfterCompile } from './route/note-point.js';

/** The handler modules, where they really are. */
const HANDLERS = realpathSync(fileURLToPath(new URL('./cache-handlers.js', import.meta.url)));
const ROUTES = join(dirname(HANDLERS), 'cache-handler.js');

/** What can be said about Larder in `next.config`. The server is named in the environment. */
export interface LarderOptions {
  /**
   * The kinds of `use cache` that Larder serves: `default` is `'use cache'`, `remote` is
   * `'use cache: remote'`, any other is `'use cache: <kind>'`. Both `default` and `remote` unless
   * given.
   */
  readonly kinds?: readonly string[];
  /**
   * Whether Larder serves the route cache, too: pages rendered ahead or on demand, route handlers,
   * `fetch`, `unstable_cache` and images. True unless given.
   */
  readonly routes?: boolean;
}

/** A configuration whose cache handlers are Larder's. */
export type WithLarder<C> = C & {
  cacheHandlers: Record<string, string>;
  cacheHandler?: string;
  cacheMaxMemorySize?: number;
};

/** What is read of a configuration here. */
interface NextConfig {
  readonly outputFileTracingRoot?: string;
  readonly turbopack?: { readonly root?: string };
  readonly cacheHandlers?: Record<string, string>;
  readonly cacheHandler?: string;
  readonly cacheMaxMemorySize?: number;
  readonly images?: { readonly customCacheHandler?: boolean };
  readonly compiler?: { readonly runAfterProductionCompile?: AfterCompile };
}

/** What is not an option, and where it is said instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  url: 'set LARDER_URL',
  namespace: 'set LARDER_NAMESPACE',
  token: 'set LARDER_TOKEN',
  timeout: 'set LARDER_TIMEOUT',
  wait: 'set LARDER_WAIT',
  nearCache: 'set LARDER_NEAR_CACHE',
  consistency: 'set LARDER_CONSISTENCY',
  staleness: 'set LARDER_STALENESS',
  outageStaleness: 'set LARDER_OUTAGE_STALENESS',
  transport: 'set LARDER_TRANSPORT',
  warm: 'set LARDER_WARM',
  debug: 'set LARDER_DEBUG=1',
  onEvent: "call onEvent of '@larder/next/events' in register() of instrumentation.ts",
};

type ConfigFunction<C, A extends unknown[]> = (...args: A) => C | Promise<C>;

/**
 * Adds Larder to a Next.js configuration, given as an object or as a function that returns one.
 * Handlers the configuration names itself are kept.
 *
 * @throws TypeError when the options are not as described, or this package is linked from outside
 *   of a root the configuration sets
 */
export function withLarder<C extends object, A extends unknown[]>(
  config: ConfigFunction<C, A>,
  options?: LarderOptions,
): (...args: A) => Promise<WithLarder<C>>;
export function withLarder<C extends object>(config?: C, options?: LarderOptions): WithLarder<C>;
export function withLarder<C extends object, A extends unknown[]>(
  config: C | ConfigFunction<C, A> = {} as C,
  options: LarderOptions = {},
): WithLarder<C> | ((...args: A) => Promise<WithLarder<C>>) {
  const wanted = wantedOf(options);
  if (typeof config === 'function') {
    const produce = config as ConfigFunction<C, A>;
    return async (...args) => extend(await produce(...args), wanted);
  }
  return extend(config, wanted);
}

function extend<C extends object>(
  config: C,
  { kinds, routes }: Required<LarderOptions>,
): WithLarder<C> {
  if (typeof config !== 'object' || config === null) {
    throw new TypeError(`withLarder expects a Next.js configuration, not ${show(config)}`);
  }
  const ours = Object.fromEntries(kinds.map((kind) => [kind, HANDLERS]));
  const { cacheHandlers: own } = config as NextConfig;
  const cacheHandlers = { ...ours, ...own };
  return {
    ...config,
    ...root(config),
    ...(routes && routeCache(config, cacheHandlers)),
    cacheHandlers,
  };
}

/**
 * What an app needs beside a handler for its route cache to be one with all others: images in it, and
 * no second tier in memory, if nothing of Next.js is left to use that. Where the app says otherwise, it
 * is as it says.
 */
function routeCache(config: NextConfig, cacheHandlers: Record<string, string>) {
  const { cacheHandler = ROUTES, cacheMaxMemorySize, images, compiler } = config;
  const served = 'default' in cacheHandlers && 'remote' in cacheHandlers;
  return {
    cacheHandler,
    ...(served && { cacheMaxMemorySize: cacheMaxMemorySize ?? 0 }),
    ...(canCacheImages() && { images: { customCacheHandler: true, ...images } }),
    ...(cacheHandler === ROUTES && { compiler: { ...compiler, ...notingPoint(compiler) } }),
  };
}

function wantedOf(options: LarderOptions): Required<LarderOptions> {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`withLarder expects an object of options, not ${show(options)}`);
  }
  const unknown = Object.keys(options).filter((name) => name !== 'kinds' && name !== 'routes');
  if (unknown.length > 0) {
    const known = Object.hasOwn.bind(undefined, ELSEWHERE);
    const hints = unknown.map((name) => show(name) + (known(name) ? ` (${ELSEWHERE[name]})` : ''));
    throw new TypeError(
      `withLarder has no option ${hints.join(', ')}; it has: "kinds", "routes". ` +
        'Everything else is set in the environment, so that one build runs anywhere',
    );
  }
  const { kinds = ['default', 'remote'], routes = true } = options;
  if (!Array.isArray(kinds) || !kinds.every(isKind)) {
    throw new TypeError(
      `"kinds" is a list of names of a-z and "-", except "private", not ${show(kinds)}`,
    );
  }
  if (typeof routes !== 'boolean') {
    throw new TypeError(`"routes" is true or false, not ${show(routes)}`);
  }
  return { kinds, routes };
}

function isKind(kind: unknown): boolean {
  return typeof kind === 'string' && /^[a-z-]+$/.test(kind) && kind !== 'private';
}

/**
 * The root of an app that links this package from a checkout. Next.js neither loads nor copies for
 * `output: 'standalone'` what is outside its root, which by default is not far above the app. An
 * app that sets a root itself, or has the package installed, needs none.
 */
function root(config: object): { outputFileTracingRoot?: string } {
  const { outputFileTracingRoot, turbopack } = config as NextConfig;
  const installed = HANDLERS.split(sep).includes('node_modules');
  if (installed) return {};
  const own = outputFileTracingRoot ?? turbopack?.root;
  if (own === undefined) {
    const common = upwards(process.cwd()).find((above) => holdsHandlers(above));
    return common === undefined ? {} : { outputFileTracingRoot: common };
  }
  if (holdsHandlers(resolve(own))) return {};
  throw new TypeError(`@larder/next is linked from ${HANDLERS}, outside of the root ${show(own)}`);
}

function holdsHandlers(directory: string): boolean {
  return HANDLERS.startsWith(join(directory, sep));
}

/** `directory` and all above it. */
function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
