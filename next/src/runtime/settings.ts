import { readFileSync } from 'node:fs';
import { CDN_HEADERS, type CdnHeader } from '../wire/cdn-tag.js';
import type { Log } from './log.js';

/**
 * What the environment says about the server and about this process' patience. It is read once,
 * when the client is made; nothing of it changes in the life of a process. The variables are listed
 * in `docs/guide/options.md`.
 */
export interface Settings {
  /**
   * Base addresses of the servers, `http:` or `https:`, without trailing slashes; none where what
   * the environment says of the server, the namespace or the token cannot be used.
   */
  readonly urls: readonly string[];
  /** Matches `[a-z0-9][a-z0-9._-]{0,62}`, as the protocol wants it. */
  readonly namespace: string;
  /** Sent as a bearer token when present. */
  readonly token: string | undefined;
  /**
   * Who signed the certificates of the servers, in PEM, where it is nobody that Node.js trusts
   * (`LARDER_CA` names a file).
   */
  readonly authority: string | undefined;
  /**
   * Milliseconds a lookup may take, apart from waiting for another instance's generation. From 20
   * to 10,000; 100 unless set (`LARDER_TIMEOUT`).
   */
  readonly timeout: number;
  /**
   * Milliseconds a lookup waits for another instance's generation before it gives up. Up to 60,000;
   * 5000 unless set (`LARDER_WAIT`), and 0 in `next dev`.
   */
  readonly wait: number;
  /**
   * Bytes of entries kept in this process. 64 MiB unless set in MiB (`LARDER_NEAR_CACHE`); 0 keeps
   * nothing.
   */
  readonly nearCache: number;
  /**
   * Bytes of the fleet's hottest entries that are loaded at the first connection. 8 MiB unless set
   * (`LARDER_WARM`), none over HTTP; at most half of the near cache is filled so.
   */
  readonly warm: number;
  /**
   * Milliseconds what is kept in this process may be behind the server; 0 is strict. 5000 with
   * `LARDER_CONSISTENCY=push`, unless set (`LARDER_STALENESS`).
   */
  readonly staleness: number;
  /**
   * The same while the server cannot be reached; 0 is never. 30,000 unless set
   * (`LARDER_OUTAGE_STALENESS`), or the staleness if that is more.
   */
  readonly outageStaleness: number;
  /**
   * The last part of `revalidate`, as a share from 0 to 0.5, in which the server is asked whether a
   * copy is to be regenerated before it grows stale; 0 never asks. 0.1 unless set
   * (`LARDER_EARLY_REFRESH`); servers have the same setting.
   */
  readonly earlyRefresh: number;
  /**
   * Whether one connection is kept, or every turn of the event loop makes a request of its own.
   * HTTP where the environment is that of a platform which freezes processes, unless set
   * (`LARDER_TRANSPORT`).
   */
  readonly transport: 'websocket' | 'http';
  /** Whether the server is sent, for people, what entries are and which path invalidates. */
  readonly labels: boolean;
  /** The header in which pages name their tags for a CDN (`LARDER_CDN_TAGS`), if they do. */
  readonly cdnTags: CdnHeader | undefined;
}

/** What holds where nothing is set: milliseconds, and MiB for the two sizes of memory. */
const DEFAULTS = {
  urls: ['http://127.0.0.1:7400'],
  namespace: 'default',
  timeout: 100,
  wait: 5000,
  nearCache: 64,
  warm: 8,
  consistency: 'strict',
  staleness: 5000,
  outageStaleness: 30_000,
  earlyRefresh: 0.1,
} as const;

const MIB = 1 << 20;

/*
 * What platforms say in the environment that freeze a process when it has nothing to answer, or give
 * it no processor: AWS Lambda, Vercel, Netlify, Azure Functions, Cloud Run (as every Knative).
 */
const FREEZERS = [
  'AWS_LAMBDA_FUNCTION_NAME',
  'VERCEL',
  'NETLIFY',
  'FUNCTIONS_WORKER_RUNTIME',
  'K_SERVICE',
];

/** Names that are a namespace. */
const NAMESPACE = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** What a header can carry as a token. */
const TOKEN = /^[\x21-\x7e]+$/;

/** What of an address nobody must see. */
const SECRETS = /\/\/.*@/;

/**
 * The settings in `env`. A value that is not as expected is named once in the log: a typing error
 * must not take the pages down. Its default is used, but not for what says whose cache it is: then
 * no server is asked, because the default may be the cache of somebody else.
 */
export function settingsFrom(env: NodeJS.ProcessEnv, log: Log): Settings {
  // `next dev` looks up in the background, too, and never generates what such a lookup misses.
  const defaultWait = env.NODE_ENV === 'development' ? 0 : DEFAULTS.wait;
  const parsed = <T>(
    name: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
    otherwise: string,
  ): T | undefined => {
    const text = env[name]?.trim();
    if (!text) return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    const shown =
      name === 'LARDER_TOKEN' ? 'The value' : JSON.stringify(text.replace(SECRETS, '//…@'));
    log.error(`${shown} in ${name} is not ${expected}; ${otherwise}`);
    return undefined;
  };
  const setting = <T>(
    name: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T => {
    const otherwise = fallback === true ? 'using on instead' : `using ${fallback} instead`;
    return (
      parsed(
        name,
        fallback,
        expected,
        parse,
        fallback === undefined ? 'it is ignored' : otherwise,
      ) ?? fallback
    );
  };
  let named = true;
  const identity = <T>(
    name: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T => {
    const otherwise = 'this process asks no server, and shares nothing, until it is';
    const value = parsed(name, fallback, expected, parse, otherwise);
    if (value === undefined) named = false;
    return value ?? fallback;
  };
  const whole = (name: string, fallback: number, unit: string, low: number, high: number): number =>
    setting(name, fallback, `a number of ${unit} from ${low} to ${high}`, (text) => {
      const value = Number(text);
      return Number.isInteger(value) && value >= low && value <= high ? value : undefined;
    });
  const milliseconds = (name: string, fallback: number, low: number, high: number): number =>
    whole(name, fallback, 'milliseconds', low, high);
  const consistency = setting<'strict' | 'push'>(
    'LARDER_CONSISTENCY',
    DEFAULTS.consistency,
    "'strict' or 'push'",
    (text) => (text === 'strict' || text === 'push' ? text : undefined),
  );
  const suited = FREEZERS.some((name) => env[name]) ? 'http' : 'websocket';
  const transport = setting<Settings['transport']>(
    'LARDER_TRANSPORT',
    suited,
    "'auto', 'websocket' or 'http'",
    (text) => {
      if (text === 'auto') return suited;
      return text === 'websocket' || text === 'http' ? text : undefined;
    },
  );
  const bound = milliseconds('LARDER_STALENESS', DEFAULTS.staleness, 100, 600_000);
  const staleness = consistency === 'push' ? bound : 0;
  const urls = identity<readonly string[]>(
    'LARDER_URL',
    DEFAULTS.urls,
    'an http:// or https:// address without a user, a password or a query, or several with ' +
      'commas between them (a token goes into LARDER_TOKEN)',
    addresses,
  );
  const namespace = identity<string>(
    'LARDER_NAMESPACE',
    DEFAULTS.namespace,
    `a namespace (${NAMESPACE.source})`,
    (text) => (NAMESPACE.test(text) ? text : undefined),
  );
  const token = identity<string>('LARDER_TOKEN', '', 'visible ASCII', (text) =>
    TOKEN.test(text) ? text : undefined,
  );
  const authority = setting<string | undefined>(
    'LARDER_CA',
    undefined,
    'a file with a certificate in PEM that this process may read',
    certificate,
  );
  return {
    urls: named ? urls : [],
    namespace,
    token: token || undefined,
    authority,
    timeout: milliseconds('LARDER_TIMEOUT', DEFAULTS.timeout, 20, 10_000),
    wait: milliseconds('LARDER_WAIT', defaultWait, 0, 60_000),
    nearCache: whole('LARDER_NEAR_CACHE', DEFAULTS.nearCache, 'MiB', 0, 4096) * MIB,
    warm: whole('LARDER_WARM', transport === 'http' ? 0 : DEFAULTS.warm, 'MiB', 0, 4096) * MIB,
    staleness,
    outageStaleness: milliseconds(
      'LARDER_OUTAGE_STALENESS',
      Math.max(DEFAULTS.outageStaleness, staleness),
      0,
      86_400_000,
    ),
    earlyRefresh: setting(
      'LARDER_EARLY_REFRESH',
      DEFAULTS.earlyRefresh,
      'a share from 0 to 0.5',
      (text) => {
        const share = Number(text);
        return share >= 0 && share <= 0.5 ? share : undefined;
      },
    ),
    transport,
    labels: setting('LARDER_LABELS', true, "'on' or 'off'", (text) => SWITCH[text]),
    cdnTags: setting<CdnHeader | undefined>(
      'LARDER_CDN_TAGS',
      undefined,
      `one of ${Object.keys(CDN_HEADERS).join(', ')}`,
      (text) => headerOf(text.toLowerCase()),
    ),
  };
}

const headerOf = (name: string) =>
  Object.hasOwn(CDN_HEADERS, name) ? (name as CdnHeader) : undefined;

const SWITCH: Readonly<Record<string, boolean | undefined>> = { on: true, off: false };

/** All addresses of a list with commas, each once; undefined where one of them is none. */
function addresses(text: string): readonly string[] | undefined {
  const named = text.split(',').filter((one) => one.trim() !== '');
  const all = named.map((one) => address(one.trim()));
  if (all.length === 0 || all.includes(undefined)) return undefined;
  return [...new Set(all as string[])];
}

/**
 * One address without its trailing slashes; undefined where it is none, or holds more than an
 * address.
 */
function address(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username || url.password || url.search || url.hash) return undefined;
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** What a file of certificates holds; undefined where it cannot be read, or holds none. */
function certificate(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
  } catch {
    return undefined;
  }
}
