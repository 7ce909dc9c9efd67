import { strandsNavigations } from '../host/next-version.js';
import { Client } from '../client/client.js';
import { now } from '../runtime/clock.js';
import { debugLines } from '../events/debug.js';
import { detached } from '../runtime/detached.js';
import { processEvents } from '../events/events.js';
import { currentRequest, watchRequests } from '../host/request.js';
import { createHandler, type CacheHandler } from '../use-cache/handler.js';
import { consoleLog, type Log } from '../runtime/log.js';
import { consumer, workStore } from '../host/next-context.js';
import { RequestReads } from '../client/request-reads.js';
import { RouteCache } from '../route/route-cache.js';
import { settingsFrom, type Settings } from '../runtime/settings.js';
import { recordTelemetry } from '../events/telemetry.js';
import { Timekeeper } from '../runtime/timekeeper.js';
import { building, serving } from './phase.js';
import { VERSION } from '../runtime/version.js';

/**
 * Under which copies of this version find each other on `globalThis`. Another version has parts of
 * its own.
 */
const SHARED = Symbol.for(`@larder/next ${VERSION}`);

/** What this process has one of, however often a module of this package is loaded or bundled. */
export interface ProcessParts {
  /** The handler of every kind of `use cache`. */
  readonly handler: CacheHandler;
  /** Pages, routes, fetched values and images. */
  readonly routes: RouteCache;
  /** The time entries of this process age by. */
  readonly time: Timekeeper;
}

/**
 * The handlers of this process, with one connection behind them. The first call makes them. In
 * `next build` they have no client, and so no connection.
 */
export function processParts(): ProcessParts {
  const shared = globalThis as { [SHARED]?: ProcessParts };
  return (shared[SHARED] ??= create());
}

/**
 * Handlers that read their settings, and connect, when the first request needs it; in production at
 * the start.
 */
function create(): ProcessParts {
  const log = consoleLog();
  const events = processEvents();
  const time = new Timekeeper();
  watchRequests();
  let client: Client | undefined;
  const connect = (): Client => {
    if (process.env.LARDER_DEBUG === '1')
      events.on(debugLines((line) => detached(() => console.log(line))));
    const settings = settingsFrom(process.env, log);
    if (serving()) announce(settings, log);
    return new Client(settings, events, log, time.now);
  };
  if (!building()) void recordTelemetry(events, () => client, now);
  const clientOf = (): Client | undefined =>
    (client ??= building() ? undefined : detached(connect));
  // A server says at its start what it is connected to, and not with the first request.
  if (serving()) detached(() => void setImmediate(() => clientOf()?.greet()));
  const parts = {
    client: clientOf,
    events,
    log,
    time,
    consumer,
    request: workStore,
    exchange: currentRequest,
    requestReads: new RequestReads(workStore),
    strandsNavigations: detached(strandsNavigations),
  };
  return { handler: createHandler(parts), routes: new RouteCache(parts), time };
}

/** Says what nobody may have meant, or would not hear of before the first request. */
function announce({ urls, namespace, transport, outageStaleness }: Settings, log: Log): void {
  const { LARDER_URL, LARDER_NAMESPACE } = process.env;
  if (urls.length === 0) return;
  if (!LARDER_URL) log.notice(`LARDER_URL is not set, so the server is looked for at ${urls[0]}`);
  if (!LARDER_NAMESPACE) {
    log.notice(
      `LARDER_NAMESPACE is not set, so this process shares '${namespace}' with everybody who sets none`,
    );
  }
  log.notice(
    outageStaleness > 0
      ? `while no server can be asked, what was known here up to ${outageStaleness / 1000} s ago is served`
      : 'while no server can be asked, everything is generated anew (LARDER_OUTAGE_STALENESS=0)',
  );
  if (transport === 'http') {
    log.notice(
      `${urls.join(' or ')}, namespace ${namespace}, is asked over HTTP when there is a request`,
    );
  }
}
