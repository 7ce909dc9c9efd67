import { Client } from './client.js';
import { now } from './clock.js';
import { debugLines } from './debug.js';
import { processEvents } from './events.js';
import { currentExchange, watchExchanges } from './exchange.js';
import { createHandler, type CacheHandler } from './handler.js';
import { consoleLog } from './log.js';
import { consumer, workStore } from './next-context.js';
import { Readings } from './readings.js';
import { RouteCache } from './route/route-cache.js';
import { settingsFrom } from './settings.js';
import { recordTelemetry } from './telemetry/telemetry.js';
import { Timekeeper } from './timekeeper.js';
import { VERSION } from './version.js';

const SHARED = Symbol.for(`@larder/next ${VERSION}`);

/** What this process has one of, however often a module of this package is loaded or bundled. */
export interface ProcessParts {
  /** The handler of every kind of `use cache`. */
  readonly handler: CacheHandler;
  /** Pages, routes, fetched values and images. */
  readonly routes: RouteCache;
  readonly time: Timekeeper;
}

/** The handlers of this process, with one connection behind them. */
export function processParts(): ProcessParts {
  const shared = globalThis as { [SHARED]?: ProcessParts };
  return (shared[SHARED] ??= create());
}

/** Handlers that read their settings, and connect, when the first request needs it. */
function create(): ProcessParts {
  const log = consoleLog();
  const events = processEvents();
  const time = new Timekeeper();
  watchExchanges();
  let client: Client | undefined;
  const connect = (): Client => {
    if (process.env.LARDER_DEBUG === '1') events.on(debugLines(console.log));
    return new Client(settingsFrom(process.env, log), events, log, time.now);
  };
  if (!building()) void recordTelemetry(events, () => client, now);
  const parts = {
    client: () => (client ??= building() ? undefined : connect()),
    events,
    log,
    time,
    consumer,
    request: workStore,
    exchange: currentExchange,
    readings: new Readings(workStore),
  };
  return { handler: createHandler(parts), routes: new RouteCache(parts), time };
}

function building(): boolean {
  return process.env.NEXT_PHASE === 'phase-production-build';
}
