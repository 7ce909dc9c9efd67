import type { Clock } from '../runtime/clock.js';
import type { Events } from './events.js';
import { metricsOf, type Vitals } from './metrics.js';
import { spansOf } from './spans.js';

/** The parts of `@opentelemetry/api` used here. */
export type Api = Pick<
  typeof import('@opentelemetry/api'),
  'context' | 'metrics' | 'trace' | 'SpanStatusCode'
>;

/*
 * The API is a façade: what an app registers with it, it keeps on globalThis, also for other copies
 * of itself. An app may register its SDK after this ran, and may have another copy bundled, whose
 * proxies are not ours. So no tracer and no meter is held on to: each time, the present one is asked
 * for.
 */

/**
 * Records events as spans and metrics of the app's OpenTelemetry, if `@opentelemetry/api` is
 * installed. Never rejects.
 *
 * @param vitals what can be measured at any time; undefined as long as there is nothing
 * @returns a promise of whether it is installed
 */
export async function recordTelemetry(
  events: Events,
  vitals: () => Vitals | undefined,
  clock: Clock,
): Promise<boolean> {
  try {
    // The literal name is what makes Next.js copy an installed one for `output: 'standalone'`.
    const api: Api = await import('@opentelemetry/api');
    events.on(spansOf(api, clock));
    events.on(metricsOf(api, vitals));
    return true;
  } catch {
    return false;
  }
}
