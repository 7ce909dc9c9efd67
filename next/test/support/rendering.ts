/*
 * Everything a handler is asked for is asked for in renders, of a server that is well, slow, frozen,
 * away and back; what was called meanwhile that Next.js would have seen is printed on the standard
 * output: `node rendering.js TRANSPORT`.
 */
import { rendering, seen } from './watched.js';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { CallContext } from '../../src/route/route-key.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import type { RouteValue } from '../../src/route/value.js';
import { answer, FakeServer } from './fake-server.js';
import { VALUES } from './route-values.js';

const [transport] = process.argv.slice(2) as [string];
const server = await FakeServer.start();
Object.assign(process.env, {
  LARDER_URL: `${server.url},http://127.0.0.1:9`,
  LARDER_TRANSPORT: transport,
  LARDER_TIMEOUT: '50',
  LARDER_WAIT: '100',
  LARDER_DEBUG: '1',
  LARDER_WARM: 'not a number',
});
for (const write of ['stdout', 'stderr'] as const) {
  // What is printed here is all there is to read.
  Object.assign(process[write], { write: () => true });
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())],
  }),
);
metrics.setGlobalMeterProvider(new MeterProvider());

const root = mkdtempSync(join(tmpdir(), 'larder-rendering-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const build = join(root, 'server');
mkdirSync(join(build, 'app'), { recursive: true });
writeFileSync(join(root, 'BUILD_ID'), 'a-build');
writeFileSync(join(build, 'app', 'seeded.html'), 'seeded');
writeFileSync(join(build, 'app', 'seeded.rsc'), 'seeded');
writeFileSync(join(build, 'app', 'seeded.meta'), '{"headers":{"x-next-cache-tags":"t"}}');

// Next.js loads the plural one at its start, and the other when it is asked for the first time.
const { default: handler } = await import('@larder/next/cache-handlers');
const { onEvent } = await import('@larder/next/events');
onEvent((event) => `${event.type} at ${Date.now()} ${randomUUID()}`);

const closed: (() => void)[] = [];
const work = (): object => ({
  isOnDemandRevalidate: false,
  afterContext: { onClose: (callback: () => void) => closed.push(callback) },
  pendingRevalidatedTags: [],
});

function entry(bytes: Uint8Array, failing = false): NextEntry {
  const value = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      if (failing) controller.error(new Error('the function failed'));
      else controller.close();
    },
  });
  const timestamp = performance.timeOrigin + performance.now();
  return { value, tags: ['t'], stale: 30, timestamp, expire: 3600, revalidate: 60 };
}

let keys = 0;

/** One of each call for `use cache`. */
async function useCache(bytes: Uint8Array): Promise<void> {
  const key = `key ${++keys}`;
  await handler.refreshTags();
  await handler.get(key, ['_N_T_/x']);
  await handler.set(key, Promise.resolve(entry(bytes)));
  const found = await handler.get(key, ['_N_T_/x']);
  if (found) for await (const chunk of found.value) void chunk;
  await handler.getExpiration(['_N_T_/x']);
  await handler.set(`${key} fails`, Promise.resolve(entry(bytes, true)));
  await handler.updateTags(['t']).catch(() => {});
  await handler.updateTags(['t'], { expire: 60 }).catch(() => {});
}

/** One of each call for the route cache. */
async function routes(): Promise<void> {
  const { default: Handler } = await import('@larder/next/cache-handler');
  for (const [name, value] of Object.entries(VALUES)) {
    const made = new Handler({ serverDistDir: build, _requestHeaders: {} });
    const kind = value?.kind ?? 'PAGES';
    const fetched = kind === 'FETCH';
    const how: CallContext = { kind, ...(fetched && { tags: ['t'], softTags: ['_N_T_/x'] }) };
    made.resetRequestCache();
    for (let n = 0; n < 2; n++) {
      await made.get(`/${name}-${keys}`, how);
      const cacheControl = { revalidate: 60, expire: 3600 };
      await made.set(
        `/${name}-${keys}`,
        value,
        fetched ? { ...how, fetchCache: true } : { ...how, cacheControl },
      );
      await made.get(`/${name}-${keys}`, how);
    }
    await made.set(`/${name}`, { kind: 'SOUND' } as unknown as RouteValue, {
      cacheControl: { revalidate: 60 },
    });
  }
  const last = new Handler({ serverDistDir: build });
  await last.get('/seeded', { kind: 'APP_PAGE' });
  await last.revalidateTag(['t']).catch(() => {});
}

async function everything(bytes = Buffer.alloc(100)): Promise<void> {
  const asked = ['prerender', 'request', 'cache', 'unstable-cache'].map((type) =>
    rendering(type, work(), () => Promise.all([useCache(bytes), useCache(bytes), routes()])),
  );
  await Promise.all(asked);
  for (const callback of closed.splice(0)) rendering('request', work(), callback);
}

// The handlers keep no process alive.
setInterval(() => {}, 1000);
await everything();
await everything(Buffer.alloc(2 << 20));
// Random bytes for the masks of frames are fetched anew after some thousand of them.
await rendering('prerender', work(), async () => {
  for (let n = 0; n < 5000; n++) await handler.get(`one of many ${n}`, []);
});
// Somebody else generates.
server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 0n }));
await everything();
const content = {
  tags: ['t'],
  life: { stale: 1, revalidate: 60, expire: 3600 },
  age: 0,
  checksum: 0,
  value: [],
};
const found = { entry: { revision: 7n, content } };
server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, ...found }));
await everything();
server.on('LOOKUP', () =>
  answer({ operation: 'STALE', lease: 4n, current: server.current, ...found }),
);
await everything();
server.on('PUT', () =>
  answer({ operation: 'ERROR', code: 'too-large', message: 'a test says so' }),
);
await everything();
server.freeze();
await everything();
server.thaw();
const { port } = server;
await server.close();
await everything();
server.refuse = 401;
await server.listen(port);
await everything();
server.refuse = undefined;
await pause(500);
await everything();
await pause(1500);
await server.close();
process.send!([...seen].sort());
process.exit();
