import type { Attributes, Meter, MeterProvider } from '@opentelemetry/api';
import type { LarderEvent, Listener } from './events.js';
import { VERSION } from '../runtime/version.js';
import type { Api } from './telemetry.js';

/** What can be measured of a client at any time. */
export interface Vitals {
  /** Whether a lookup made now would reach the server. */
  readonly usable: boolean;
  /** What is in the near cache: entries, and their bytes. */
  readonly near: { readonly entries: number; readonly bytes: number };
}

/** Bounds of the buckets for durations, in seconds: a near hit takes microseconds. */
const BOUNDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10,
];

/**
 * A listener that counts and measures events, by outcome and by nothing else: tags and keys have no
 * bounded number of values.
 *
 * @param vitals what can be measured at any time; undefined as long as there is nothing
 */
export function metricsOf({ metrics }: Api, vitals: () => Vitals | undefined): Listener {
  let provider: MeterProvider | undefined;
  let record: Listener | undefined;
  return (event) => {
    // The API gives out meters that stay silent until an SDK is registered, and these stay so.
    const present = metrics.getMeterProvider();
    if (!record || present !== provider) {
      provider = present;
      record = recorder(present.getMeter('@larder/next', VERSION), vitals);
    }
    record(event);
  };
}

/** The instruments of one meter, and the listener that records with them. */
function recorder(meter: Meter, vitals: () => Vitals | undefined): Listener {
  observe(meter, vitals);
  const recorders = {
    lookup: timed(meter, 'lookup'),
    generation: timed(meter, 'generation'),
    invalidation: timed(meter, 'invalidation'),
    put: counted(meter, 'put'),
  };
  return (event) => {
    if (event.type === 'connection' || event.type === 'warmed') return;
    const duration = 'duration' in event ? event.duration : 0;
    recorders[event.type]({ 'larder.outcome': event.outcome }, duration);
  };
}

/** Records one event, with its duration in milliseconds where it has one. */
type Recorder = (attributes: Attributes, milliseconds: number) => void;

/** Counts events of a kind: `larder.lookups`, for example. */
function counted(meter: Meter, what: LarderEvent['type']): Recorder {
  const description = `${what}s by outcome`;
  const counter = meter.createCounter(`larder.${what}s`, { unit: `{${what}}`, description });
  return (attributes) => counter.add(1, attributes);
}

/** Counts them, and measures their durations in seconds, as OpenTelemetry wants them. */
function timed(meter: Meter, what: LarderEvent['type']): Recorder {
  const count = counted(meter, what);
  const histogram = meter.createHistogram(`larder.${what}.duration`, {
    unit: 's',
    description: `Durations of ${what}s by outcome`,
    advice: { explicitBucketBoundaries: BOUNDS },
  });
  return (attributes, milliseconds) => {
    count(attributes, milliseconds);
    histogram.record(milliseconds / 1000, attributes);
  };
}

/** Gauges of what there is now. They are read when the app's SDK collects. */
function observe(meter: Meter, vitals: () => Vitals | undefined): void {
  const gauge = (
    name: string,
    unit: string,
    description: string,
    measure: (vitals: Vitals) => number,
  ): void =>
    meter.createObservableUpDownCounter(name, { unit, description }).addCallback((result) => {
      const measured = vitals();
      if (measured) result.observe(measure(measured));
    });
  gauge('larder.connection.count', '{connection}', 'Usable connections', ({ usable }) =>
    usable ? 1 : 0,
  );
  gauge('larder.near_cache.entry.count', '{entry}', 'Kept entries', ({ near }) => near.entries);
  gauge('larder.near_cache.usage', 'By', 'Bytes of kept entries', ({ near }) => near.bytes);
}
