import { serving } from '../process/phase.js';
import { now } from '../runtime/clock.js';
import { detached } from '../runtime/detached.js';
import { consoleLog, type Log } from '../runtime/log.js';
import { settingsFrom } from '../runtime/settings.js';
import { NOTHING, type Outcome } from './outcome.js';
import { planOf } from './plan.js';
import { visitAll } from './visits.js';

export type { Outcome } from './outcome.js';

/** How this instance is warmed up. */
export interface WarmUpOptions {
  /** Its own address, without a path; by default where Next.js listens. */
  readonly url?: string;
  /** How many of the hottest paths it is asked for: 200 unless given, 1000 at most. */
  readonly top?: number;
  /** How many at a time: 4 unless given, 64 at most. */
  readonly concurrency?: number;
  /** Seconds after which it counts as warm, whatever was done: 30 unless given, 600 at most. */
  readonly within?: number;
  /** Headers of each request, such as `host` of an app for several, or `x-forwarded-proto`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A warm-up under way. It is no promise, so that `register()` can return it, and does not wait. */
export interface WarmUp {
  /** What it came to. Never rejects, and is settled within its bound. */
  readonly ended: Promise<Outcome>;
}

/** Under which the bundles of one process find what it is about. */
const SHARED = Symbol.for('@larder/next warm-up');

const shared = globalThis as { [SHARED]?: WarmUp & { warm: boolean } };

/**
 * Asks this instance for what its fleet reads most, before its readers do. To be called in
 * `register()` of `instrumentation.ts`: it begins once the instance answers, and nothing waits for
 * it but `isWarm`. Once in a process; another call is given the same. In `next dev` and `next build`
 * there is nothing to do.
 *
 * @throws TypeError when an option is not as described
 */
export function warmUp(options: WarmUpOptions = {}): WarmUp {
  const plan = planOf({ ...options, url: options.url ?? ownAddress() });
  if (!serving()) return { ended: Promise.resolve(NOTHING) };
  return (shared[SHARED] ??= detached(() => {
    const log = consoleLog();
    // What is wrong with the settings is said by the handlers of this process.
    const settings = settingsFrom(process.env, { notice: () => {}, error: () => {} });
    const state = {
      warm: false,
      ended: visitAll(plan, settings, now)
        .catch((error: unknown): Outcome => ({ ...NOTHING, reason: String(error) }))
        .then((outcome) => {
          state.warm = true;
          tell(log, outcome);
          return outcome;
        }),
    };
    return state;
  }));
}

/** Whether this instance is warm: none is warmed up, that is done, or its bound is over. */
export function isWarm(): boolean {
  return shared[SHARED]?.warm ?? true;
}

/** Where Next.js says it listens; before it does, where it will unless told otherwise. */
function ownAddress(): string {
  const { __NEXT_PRIVATE_ORIGIN: said, PORT = '' } = process.env;
  return said ?? `http://localhost:${/^\d{1,5}$/.test(PORT) ? PORT : 3000}`;
}

function tell(log: Log, { paths, warmed, failed, left, seconds, reason }: Outcome): void {
  if (reason) return log.error(`not warmed up: ${reason}`);
  const others = `${failed ? `, ${failed} failed` : ''}${left ? `, no time for ${left}` : ''}`;
  log.notice(`warm after ${seconds.toFixed(1)} s: ${warmed} of ${paths} paths${others}`);
}
