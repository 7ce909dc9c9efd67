import type { TestContext } from 'node:test';
import { context, metrics, trace, type Attributes, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';

/** The registries of one copy of the OpenTelemetry API. */
type Api = Pick<typeof import('@opentelemetry/api'), 'context' | 'metrics' | 'trace'>;

/** The OpenTelemetry SDK of an app, registered until the test ends, and what it exported. */
export class Telemetry {
  readonly #spans = new InMemorySpanExporter();
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#exporter,
    exportIntervalMillis: 3_600_000,
  });

  /** Registers it with `api`, which may be another copy than the one Larder finds. */
  constructor(t: TestContext, api: Api = { context, metrics, trace }) {
    const tracing = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.#spans)],
    });
    const measuring = new MeterProvider({ readers: [this.#reader] });
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    api.trace.setGlobalTracerProvider(tracing);
    api.metrics.setGlobalMeterProvider(measuring);
    t.after(async () => {
      for (const registry of [api.context, api.trace, api.metrics]) registry.disable();
      await Promise.all([tracing.shutdown(), measuring.shutdown()]);
    });
  }

  /** The spans that have ended. */
  get spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** The one span of this name that has ended. */
  span(name: string): ReadableSpan {
    const [span, ...more] = this.spans.filter((ended) => ended.name === name);
    if (!span || more.length > 0) throw new Error(`${more.length + (span ? 1 : 0)} spans ${name}`);
    return span;
  }

  /** Runs `task` as a request the app traces. */
  request<R>(task: () => Promise<R>): Promise<{ span: Span; result: R }> {
    return trace.getTracer('app').startActiveSpan('request', async (span) => {
      const result = await task();
      span.end();
      return { span, result };
    });
  }

  /** Every metric, as measured now. */
  async metrics(): Promise<MetricData[]> {
    await this.#reader.forceFlush();
    const { scopeMetrics = [] } = this.#exporter.getMetrics().at(-1) ?? {};
    return scopeMetrics.flatMap((scope) => scope.metrics);
  }

  /** The unit of a metric and its values now, by outcome; a histogram's value is its count. */
  async metric(name: string): Promise<{ unit: string; values: Record<string, number> }> {
    const metric = (await this.metrics()).find(({ descriptor }) => descriptor.name === name);
    if (!metric) throw new Error(`there is no metric ${name}`);
    const values = metric.dataPoints.map(({ attributes, value }) => [
      outcomeOf(attributes),
      typeof value === 'number' ? value : (value as Histogram).count,
    ]);
    return { unit: metric.descriptor.unit, values: Object.fromEntries(values) };
  }
}

function outcomeOf(attributes: Attributes): string {
  const { 'larder.outcome': outcome = '', ...others } = attributes;
  if (Object.keys(others).length > 0) throw new Error(`labels ${JSON.stringify(others)}`);
  return String(outcome);
}
