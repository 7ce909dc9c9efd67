import type { Attributes, Context, Span } from '@opentelemetry/api';
import type { Clock } from '../runtime/clock.js';
import type { Listener } from './events.js';
import { VERSION } from '../runtime/version.js';
import type { Api } from './telemetry.js';

/**
 * A listener that records a span for each lookup, wait, generation and invalidation, as children of
 * the span in whose context the event is emitted: the request's. Keys, tags and reasons stay out.
 *
 * A span is begun and ended when its event is emitted, with the times it had.
 *
 * @param clock the present, in milliseconds since the epoch
 */
export function spansOf({ context, trace, SpanStatusCode }: Api, clock: Clock): Listener {
  /**
   * A span of the last `duration` milliseconds, still to be ended.
   *
   * @param parent what it is a child of; the context the event is emitted in unless given
   */
  function begun(
    name: string,
    duration: number,
    end: number,
    attributes: Attributes,
    parent: Context = context.active(),
  ): Span {
    const tracer = trace.getTracer('@larder/next', VERSION);
    return tracer.startSpan(name, { startTime: end - duration, attributes }, parent);
  }

  return (event) => {
    const end = clock();
    switch (event.type) {
      case 'lookup': {
        const { outcome, duration, waited } = event;
        const span = begun('larder.lookup', duration, end, { 'larder.outcome': outcome });
        if (waited > 0) {
          const within = trace.setSpan(context.active(), span);
          begun('larder.wait', waited, end, {}, within).end(end);
        }
        return span.end(end);
      }
      case 'generation': {
        const { outcome, duration, bytes } = event;
        const attributes = { 'larder.outcome': outcome, 'larder.entry.size': bytes };
        return begun('larder.generation', duration, end, attributes).end(end);
      }
      case 'invalidation': {
        const { outcome, duration } = event;
        const span = begun('larder.invalidation', duration, end, { 'larder.outcome': outcome });
        if (outcome !== 'confirmed') span.setStatus({ code: SpanStatusCode.ERROR });
        return span.end(end);
      }
      default:
    }
  };
}
