import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import { context, metrics, SpanStatusCode, trace, type HrTime } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import type { Client } from '../../src/client/client.js';
import { now } from '../../src/runtime/clock.js';
import type { LarderEvent, Outcome } from '../../src/events/events.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import { keyOf } from '../../src/entry/key.js';
import { recordTelemetry } from '../../src/events/telemetry.js';
import { answer, type FakeServer } from '../support/fake-server.js';
import {
  content,
  fakeServer,
  handlerOf,
  nextEntry,
  streamOf,
  type RecordingLog,
} from '../support/fixtures.js';
import { Telemetry } from '../support/telemetry.js';

const OUTCOMES: readonly Outcome[] = ['remote', 'near', 'stale', 'wait', 'miss', 'bypass'];

interface Recorded {
  readonly server: FakeServer;
  readonly handler: CacheHandler;
  readonly client: Client;
  readonly emitted: LarderEvent[];
  readonly log: RecordingLog;
}

/** A handler whose events are recorded, in front of a fake server. */
async function recorded(t: TestContext): Promise<Recorded> {
  const server = await fakeServer(t);
  const request = {};
  const changes = { nearCache: 1 << 20, timeout: 1000, request: () => request };
  const { events, ...parts } = handlerOf(t, server.url, changes);
  assert.equal(await recordTelemetry(events, () => parts.client, now), true);
  return { server, ...parts };
}

/** One read that ends as `outcome`; `near` is one after `remote`. */
async function read({ server, handler }: Recorded, outcome: Outcome): Promise<void> {
  const { current } = server;
  const entry = (age: number) => ({
    revision: current.revision,
    content: content('v', { age, tags: ['secret tag'] }),
  });
  server.on('LOOKUP', ({ waitBudget }) => {
    if (outcome === 'miss') return answer({ operation: 'MISS', current, lease: 3n });
    if (outcome === 'stale') {
      return answer({ operation: 'STALE', current, lease: 3n, entry: entry(90_000) });
    }
    if (outcome === 'wait' && waitBudget === 0) {
      return answer({ operation: 'MISS', current, lease: 0n });
    }
    return answer({ operation: 'FRESH', current, entry: entry(1000) });
  });
  const tooMany = Array.from({ length: 1025 }, (_, number) => `secret ${number}`);
  const softTags = outcome === 'bypass' ? tooMany : ['_N_T_/secret'];
  await handler.get(outcome === 'near' ? 'secret remote' : `secret ${outcome}`, softTags);
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

for (const outcome of OUTCOMES) {
  test(`a lookup that ends as ${outcome} is a span of its request`, async (t) => {
    const parts = await recorded(t);
    if (outcome === 'near') await read(parts, 'remote');
    const telemetry = new Telemetry(t);
    const began = now();
    const { span: request } = await telemetry.request(() => read(parts, outcome));
    const ended = now();
    const span = telemetry.span('larder.lookup');
    assert.deepEqual(span.attributes, { 'larder.outcome': outcome });
    assert.equal(span.parentSpanContext?.spanId, request.spanContext().spanId);
    const event = parts.emitted.findLast(({ type }) => type === 'lookup') as { duration: number };
    assert.ok(Math.abs(milliseconds(span.duration) - event.duration) < 0.01);
    assert.ok(milliseconds(span.startTime) >= began - 0.01);
    assert.ok(milliseconds(span.endTime) <= ended + 0.01);
  });
}

test('waiting for another generation is a span within its lookup, and only that', async (t) => {
  const parts = await recorded(t);
  const telemetry = new Telemetry(t);
  for (const outcome of OUTCOMES) await telemetry.request(() => read(parts, outcome));
  const wait = telemetry.span('larder.wait');
  const lookup = telemetry.spans.find(
    (span) => span.spanContext().spanId === wait.parentSpanContext?.spanId,
  );
  assert.equal(lookup?.attributes['larder.outcome'], 'wait');
  assert.ok(milliseconds(wait.duration) > 0);
  assert.ok(milliseconds(wait.startTime) >= milliseconds(lookup!.startTime));
  assert.deepEqual(wait.endTime, lookup!.endTime);
});

test('a generation is a span of its request, from when it began', async (t) => {
  const { handler } = await recorded(t);
  const telemetry = new Telemetry(t);
  const timestamp = now() - 250;
  const generations = ['a', 'b'].map((key) =>
    telemetry.request(() => handler.set(key, Promise.resolve(nextEntry('value', { timestamp })))),
  );
  for (const { span: request } of await Promise.all(generations)) {
    const span = telemetry.spans.find(
      (ended) => ended.parentSpanContext?.spanId === request.spanContext().spanId,
    );
    assert.equal(span?.name, 'larder.generation');
    assert.deepEqual(span!.attributes, { 'larder.outcome': 'queued', 'larder.entry.size': 5 });
    assert.ok(Math.abs(milliseconds(span!.startTime) - timestamp) < 100);
    assert.ok(milliseconds(span!.duration) >= 250);
  }
});

test('a generation that throws is a span that failed', async (t) => {
  const { handler } = await recorded(t);
  const telemetry = new Telemetry(t);
  const value = streamOf('half', new Error('secret error'));
  await telemetry.request(() => handler.set('k', Promise.resolve(nextEntry('', { value }))));
  const { attributes } = telemetry.span('larder.generation');
  assert.deepEqual(attributes, { 'larder.outcome': 'failed', 'larder.entry.size': 0 });
});

for (const outcome of ['confirmed', 'refused']) {
  test(`an invalidation that is ${outcome} is a span of its request`, async (t) => {
    const { server, handler } = await recorded(t);
    const telemetry = new Telemetry(t);
    if (outcome === 'refused') {
      const error = { operation: 'ERROR', code: 'invalid-value', message: 'secret tag' } as const;
      server.on('INVALIDATE', () => answer(error));
    }
    const { span: request } = await telemetry.request(() =>
      handler.updateTags(['secret tag']).catch(() => {}),
    );
    const span = telemetry.span('larder.invalidation');
    assert.deepEqual(span.attributes, { 'larder.outcome': outcome });
    const { UNSET, ERROR } = SpanStatusCode;
    assert.deepEqual(span.status, { code: outcome === 'refused' ? ERROR : UNSET });
    assert.equal(span.parentSpanContext?.spanId, request.spanContext().spanId);
  });
}

test('everything is counted by outcome, and measured in seconds', async (t) => {
  const beforeHistory = { timestamp: now() - 250 };
  const parts = await recorded(t);
  const { handler, log } = parts;
  const telemetry = new Telemetry(t);
  for (const outcome of [...OUTCOMES, 'near'] as const) await read(parts, outcome);
  await handler.set('k', Promise.resolve(nextEntry('value')));
  await handler.set('l', Promise.resolve(nextEntry('value', beforeHistory)));
  await handler.set('m', Promise.resolve(nextEntry('value', { expire: 0 })));
  await handler.updateTags(['t']);
  await log.until(': stored');
  const expected = {
    lookup: { remote: 1, near: 2, stale: 1, wait: 1, miss: 1, bypass: 1 },
    generation: { queued: 2, failed: 1 },
    invalidation: { confirmed: 1 },
  };
  for (const [what, values] of Object.entries(expected)) {
    assert.deepEqual(await telemetry.metric(`larder.${what}s`), { unit: `{${what}}`, values });
    assert.deepEqual(await telemetry.metric(`larder.${what}.duration`), { unit: 's', values });
  }
  const puts = { unit: '{put}', values: { dropped: 1, stored: 1 } };
  assert.deepEqual(await telemetry.metric('larder.puts'), puts);
  const durations = (await telemetry.metrics()).find(
    ({ descriptor }) => descriptor.name === 'larder.generation.duration',
  );
  const { max } = durations!.dataPoints[0]!.value as Histogram;
  assert.ok(max! >= 0.25 && max! < 60, `${max} s`);
});

test('the connection and the near cache are measured whenever somebody looks', async (t) => {
  const parts = await recorded(t);
  const telemetry = new Telemetry(t);
  await read(parts, 'remote');
  const gauges = async () => {
    const names = ['connection.count', 'near_cache.entry.count', 'near_cache.usage'];
    const metrics = await Promise.all(names.map((name) => telemetry.metric(`larder.${name}`)));
    return metrics.map(({ unit, values }) => [unit, values['']]);
  };
  const { near } = parts.client;
  assert.ok(near.bytes > 0);
  assert.deepEqual(await gauges(), [
    ['{connection}', 1],
    ['{entry}', 1],
    ['By', near.bytes],
  ]);
  await parts.server.close();
  await parts.log.until('no connection');
  assert.deepEqual((await gauges())[0], ['{connection}', 0]);
});

test('nothing that names or describes an entry is exported', async (t) => {
  const parts = await recorded(t);
  const telemetry = new Telemetry(t);
  for (const outcome of OUTCOMES) await telemetry.request(() => read(parts, outcome));
  const value = streamOf('half', new Error('secret error'));
  await parts.handler.set('secret failed', Promise.resolve(nextEntry('', { value })));
  await parts.handler.set('secret k', Promise.resolve(nextEntry('', { tags: ['secret tag'] })));
  await parts.handler.updateTags(['secret tag']);
  await parts.log.until('put ');
  const known = JSON.stringify(parts.emitted);
  const exported = JSON.stringify([
    telemetry.spans.map(({ name, attributes, events, status }) => [
      name,
      attributes,
      events,
      status,
    ]),
    await telemetry.metrics(),
  ]);
  assert.match(exported, /larder\.invalidation/);
  for (const name of ['secret', keyOf('secret remote').id.slice(0, 8)]) {
    assert.ok(known.includes(name), `${name} is in the events`);
    assert.ok(!exported.includes(name), `${name} is exported`);
  }
});

test('an app may register its SDK late, in another copy of the API, or another SDK', async (t) => {
  const parts = await recorded(t);
  await read(parts, 'remote');
  const require = createRequire(import.meta.url);
  const path = require.resolve('@opentelemetry/api');
  const ours = require.cache;
  for (const file of Object.keys(ours)) if (file.startsWith(dirname(path))) delete ours[file];
  const copy = require(path) as typeof import('@opentelemetry/api');
  assert.notEqual(copy.trace, trace);
  for (const api of [copy, { context, metrics, trace }]) {
    await t.test(api === copy ? 'another copy' : 'another SDK', async (t) => {
      const telemetry = new Telemetry(t, api);
      await telemetry.request(() => read(parts, 'near'));
      assert.ok(telemetry.span('larder.lookup').parentSpanContext);
      assert.deepEqual((await telemetry.metric('larder.lookups')).values, { near: 1 });
    });
  }
});
