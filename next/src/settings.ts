import type { Log } from './log.js';

/** What the environment says about the server and about this process' patience. */
export interface Settings {
  /** Base address of the server, `http:` or `https:`, without a trailing slash. */
  readonly url: string;
  readonly namespace: string;
  /** Sent as a bearer token when present. */
  readonly token: string | undefined;
  /** Milliseconds a lookup may take, apart from waiting for another instance's generation. */
  readonly timeout: number;
  /** Milliseconds a lookup waits for another instance's generation before it gives up. */
  readonly wait: number;
}

const DEFAULTS: Settings = {
  url: 'http://127.0.0.1:7400',
  namespace: 'default',
  token: undefined,
  timeout: 100,
  wait: 5000,
};

const NAMESPACE = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * The settings in `env`. A value that is not as expected is named once in the log, and its default
 * is used: a typing error must not take the pages down.
 */
export function settingsFrom(env: NodeJS.ProcessEnv, log: Log): Settings {
  // `next dev` looks up in the background, too, and never generates what such a lookup misses.
  const defaultWait = env.NODE_ENV === 'development' ? 0 : DEFAULTS.wait;
  const setting = <T>(
    name: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T => {
    const text = env[name]?.trim();
    if (!text) return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    const shown = name === 'LARDER_TOKEN' ? 'The value' : JSON.stringify(text);
    log.error(`${shown} in ${name} is not ${expected}; using ${fallback ?? 'none'} instead`);
    return fallback;
  };
  const milliseconds = (name: string, fallback: number, low: number, high: number): number =>
    setting(name, fallback, `a number of milliseconds from ${low} to ${high}`, (text) => {
      const value = Number(text);
      return Number.isInteger(value) && value >= low && value <= high ? value : undefined;
    });
  return {
    url: setting('LARDER_URL', DEFAULTS.url, 'an http:// or https:// address', address),
    namespace: setting(
      'LARDER_NAMESPACE',
      DEFAULTS.namespace,
      `a namespace (${NAMESPACE.source})`,
      (text) => (NAMESPACE.test(text) ? text : undefined),
    ),
    token: setting('LARDER_TOKEN', DEFAULTS.token, 'visible ASCII', (text) =>
      TOKEN.test(text) ? text : undefined,
    ),
    timeout: milliseconds('LARDER_TIMEOUT', DEFAULTS.timeout, 20, 10_000),
    wait: milliseconds('LARDER_WAIT', defaultWait, 0, 60_000),
  };
}

function address(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  return url.origin + url.pathname.replace(/\/+$/, '');
}
