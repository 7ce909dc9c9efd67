import type { NextConfig } from 'next';
import { realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { durableEntries } from './host/durable.js';
import { edgeRoutes } from './host/edge-routes.js';
import { canCacheImages } from './host/next-version.js';
import { recordingRevision } from './route/record-revision.js';

/** The handler modules, where they really are. */
const HANDLERS = realpathSync(fileURLToPath(new URL('./cache-handlers.js', import.meta.url)));

/** The module of the singular `cacheHandler`. */
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
  /**
   * Whether entries of `use cache` survive a build that does not change the code that made them.
   * False unless given. Needs Next.js 16.4, Turbopack, and one `NEXT_SERVER_ACTIONS_ENCRYPTION_KEY`
   * for all builds.
   */
  readonly durable?: boolean;
}

/** A configuration as a function, as Next.js calls it. */
export type ConfigFunction = (
  phase: string,
  context: { defaultConfig: NextConfig },
) => NextConfig | Promise<NextConfig>;

/** The names of the options. */
const OPTIONS: readonly string[] = ['kinds', 'routes', 'durable'];

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

/**
 * Adds Larder to a Next.js configuration, given as an object, as a promise of one, or as a function
 * that returns either. Handlers the configuration names itself are kept. It is to be given the
 * whole of it: `use cache` is served if the configuration turns it on.
 *
 * @throws TypeError when the options are not as described, or this package is linked from outside
 *   of a root the configuration sets
 * @throws Error when entries are to survive a build that has no encryption key
 */
export function withLarder(config: ConfigFunction, options?: LarderOptions): AsyncConfigFunction;
export function withLarder(
  config: Promise<NextConfig>,
  options?: LarderOptions,
): Promise<NextConfig>;
export function withLarder(config?: NextConfig, options?: LarderOptions): NextConfig;
export function withLarder(
  config: NextConfig | Promise<NextConfig> | ConfigFunction = {},
  options: LarderOptions = {},
): NextConfig | Promise<NextConfig> | AsyncConfigFunction {
  const wanted = wantedOf(options);
  if (typeof config === 'function') {
    const produce = config as ConfigFunction;
    return async (...args) => extend(await produce(...args), wanted);
  }
  if (isPromise(config)) return Promise.resolve(config).then((made) => extend(made, wanted));
  return extend(config, wanted);
}

/** What is returned for a configuration that is a function. */
type AsyncConfigFunction = (...args: Parameters<ConfigFunction>) => Promise<NextConfig>;

/** Whether a configuration is still to come. */
function isPromise(config: unknown): config is PromiseLike<NextConfig> {
  return typeof (config as PromiseLike<NextConfig> | null)?.then === 'function';
}

/** The configuration with what Larder adds. What the app says itself stays as it is. */
function extend(given: NextConfig, wanted: Required<LarderOptions>): NextConfig {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`withLarder expects a Next.js configuration, not ${show(given)}`);
  }
  const { kinds, routes, durable } = wanted;
  const config = durable && isCaching(given) ? { ...given, ...durableEntries(given) } : given;
  const ours = isCaching(config) ? kinds.map((kind) => [kind, HANDLERS]) : [];
  const cacheHandlers = { ...Object.fromEntries(ours), ...config.cacheHandlers };
  if (ours.length > 0 && !config.cacheComponents && isBuilding()) warnOfEdgeRoutes();
  if (routes && ours.length === 0 && isStarting()) load(config.cacheHandler ?? ROUTES);
  return {
    ...config,
    ...root(config),
    ...(routes && routeCache(config, cacheHandlers)),
    ...(Object.keys(cacheHandlers).length > 0 && { cacheHandlers }),
  };
}

/**
 * Whether there is `use cache` in an app of this configuration. Where there is not, its handlers
 * are of no use, and Turbopack cannot build an edge route of an app that names any.
 */
function isCaching({ cacheComponents, experimental = {} }: NextConfig): boolean {
  return Boolean(cacheComponents || experimental.useCache);
}

/**
 * Whether this is `next start`. It loads handlers of `use cache` at once, and that of the route
 * cache only when somebody asks for a page: too late to say that there is no server.
 */
function isStarting(): boolean {
  return process.title.startsWith('next-server') && process.env.NODE_ENV === 'production';
}

/** Whether this is `next build` with Turbopack. */
function isBuilding(): boolean {
  return process.title.startsWith('next-build') && Boolean(process.env.TURBOPACK);
}

/** Says what Next.js does not: it only fails, with a fault in code that it wrote itself. */
function warnOfEdgeRoutes(): void {
  const found = edgeRoutes(process.cwd());
  if (found.length === 0) return;
  console.warn(
    `larder: ${found.join(', ')} ${found.length === 1 ? 'runs' : 'run'} on the edge. Turbopack does not build such a route ` +
      'in an app that names cache handlers, as `experimental.useCache` needs them. Take `runtime` out of it, or ' +
      'have Larder serve no kind of `use cache`: withLarder(config, { kinds: [] })',
  );
}

/** Loads the handler, if it is ours; what is wrong with it Next.js says when it does so itself. */
function load(handler: string): void {
  if (handler === ROUTES) import(pathToFileURL(ROUTES).href).catch(() => {});
}

/**
 * What an app needs beside a handler for its route cache to be one with all others: images in it,
 * and no second tier in memory, if nothing of Next.js is left to use that. Where the app says
 * otherwise, it is as it says.
 */
function routeCache(config: NextConfig, cacheHandlers: Record<string, string>): NextConfig {
  const { cacheHandler = ROUTES, cacheMaxMemorySize, images, compiler } = config;
  const served = !isCaching(config) || ('default' in cacheHandlers && 'remote' in cacheHandlers);
  // Next.js prints a line about the hook, so there is none where it has nothing to do.
  const dated = cacheHandler === ROUTES && Boolean(process.env.LARDER_URL);
  return {
    cacheHandler,
    ...(served && { cacheMaxMemorySize: cacheMaxMemorySize ?? 0 }),
    ...(canCacheImages() && { images: { customCacheHandler: true, ...images } }),
    ...(dated && { compiler: { ...compiler, ...recordingRevision(compiler) } }),
  };
}

/**
 * The options with their defaults.
 *
 * @throws TypeError naming the value, what was expected, and where it is said instead
 */
function wantedOf(options: LarderOptions): Required<LarderOptions> {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`withLarder expects an object of options, not ${show(options)}`);
  }
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) {
    const known = Object.hasOwn.bind(undefined, ELSEWHERE);
    const hints = unknown.map((name) => show(name) + (known(name) ? ` (${ELSEWHERE[name]})` : ''));
    throw new TypeError(
      `withLarder has no option ${hints.join(', ')}; it has: ${OPTIONS.map(show).join(', ')}. ` +
        'Everything else is set in the environment, so that one build runs anywhere',
    );
  }
  const { kinds = ['default', 'remote'], routes = true, durable = false } = options;
  if (!Array.isArray(kinds) || !kinds.every(isKind)) {
    throw new TypeError(
      `"kinds" is a list of names of a-z and "-", except "private", not ${show(kinds)}`,
    );
  }
  if (typeof routes !== 'boolean') {
    throw new TypeError(`"routes" is true or false, not ${show(routes)}`);
  }
  if (typeof durable !== 'boolean') {
    throw new TypeError(`"durable" is true or false, not ${show(durable)}`);
  }
  return { kinds, routes, durable };
}

/** Whether something names a kind of `use cache` that can be shared: `private` cannot. */
function isKind(kind: unknown): boolean {
  return typeof kind === 'string' && /^[a-z-]+$/.test(kind) && kind !== 'private';
}

/**
 * The root of an app that links this package from a checkout. Next.js neither loads nor copies for
 * `output: 'standalone'` what is outside its root, which by default is not far above the app. An
 * app that sets a root itself, or has the package installed, needs none.
 */
function root({ outputFileTracingRoot, turbopack }: NextConfig): {
  outputFileTracingRoot?: string;
} {
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

/** Whether the handler modules are below a directory. */
function holdsHandlers(directory: string): boolean {
  return HANDLERS.startsWith(join(directory, sep));
}

/** `directory` and all above it. */
function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

/** A value as a message shows it. */
function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
