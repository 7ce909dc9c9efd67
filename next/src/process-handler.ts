import { Client } from './client.js';
import { now } from './clock.js';
import { debugLines } from './debug.js';
import { processEvents } from './events.js';
import { createHandler, type CacheHandler } from './handler.js';
import { consoleLog } from './log.js';
import { settingsFrom } from './settings.js';
import { recordTelemetry } from './telemetry/telemetry.js';
import { VERSION } from './version.js';

const SHARED = Symbol.for(`@larder/next ${VERSION}`);

/**
 * The handler of this process: one object, with one connection behind it, however often its module
 * is loaded.
 */
export function processHandler(): CacheHandler {
  const shared = globalThis as { [SHARED]?: CacheHandler };
  return (shared[SHARED] ??= create());
}

/** A handler that reads its settings, and connects, when the first request needs it. */
function create(): CacheHandler {
  const log = consoleLog();
  const events = processEvents();
  let client: Client | undefined;
  const connect = (): Client => {
    if (process.env.LARDER_DEBUG === '1') events.on(debugLines(console.log));
    return new Client(settingsFrom(process.env, log), events, log, now);
  };
  if (!building()) void recordTelemetry(events, () => client, now);
  return createHandler({
    client: () => (building() ? undefined : (client ??= connect())),
    events,
    log,
    clock: now,
  });
}

function building(): boolean {
  return process.env.NEXT_PHASE === 'phase-production-build';
}
