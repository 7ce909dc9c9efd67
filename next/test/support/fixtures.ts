import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { until } from '@larder/harness/until';
import { Client } from '../../src/client/client.js';
import { now, type Clock } from '../../src/runtime/clock.js';
import { debugLines } from '../../src/events/debug.js';
import { Events, type LarderEvent } from '../../src/events/events.js';
import { createHandler, type CacheHandler } from '../../src/use-cache/handler.js';
import type { Key } from '../../src/entry/key.js';
import type { Stored } from '../../src/entry/stored.js';
import type { Log } from '../../src/runtime/log.js';
import type { Consumer, WorkStore } from '../../src/host/next-context.js';
import type { ServedRequest } from '../../src/host/request.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import type { Lookup, LookupOptions } from '../../src/client/lookup.js';
import type { PutOutcome } from '../../src/client/puts.js';
import type { Settings } from '../../src/runtime/settings.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { crc32 } from '../../src/wire/crc32.js';
import type { Content, Life } from '../../src/wire/frame.js';
import { FakeServer } from './fake-server.js';

/** A log that keeps its lines and can be waited for. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);

  notice(text: string): void {
    this.#add(text);
  }

  error(text: string): void {
    this.#add(`error: ${text}`);
  }

  debug(line: string): void {
    this.#add(`debug: ${line}`);
  }

  /** The lines that are not about single decisions. */
  get notices(): string[] {
    return this.lines.filter((line) => !line.startsWith('debug: '));
  }

  /** The first line that contains `text`, as soon as there is one. */
  async until(text: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((candidate) => candidate.includes(text));
      if (line !== undefined) return line;
      await once(this.#events, 'line');
    }
  }

  /** The next line, whatever it is. */
  async next(): Promise<string> {
    const [line] = (await once(this.#events, 'line')) as [string];
    return line;
  }

  #add(line: string): void {
    this.lines.push(line);
    this.#events.emit('line', line);
  }
}

/** Options of a lookup that waits for nothing. */
export const AT_ONCE: LookupOptions = { wait: 0, freshOnly: false, generation: 60_000 };

/** Settings for a server at `url`, without a near cache, and not warmed. */
export function settings(url: string, changes: Partial<Settings> = {}): Settings {
  return {
    urls: [url],
    namespace: 'test',
    token: undefined,
    authority: undefined,
    timeout: 100,
    wait: 2000,
    nearCache: 0,
    warm: 0,
    labels: true,
    cdnTags: undefined,
    staleness: 0,
    outageStaleness: 0,
    earlyRefresh: 0,
    transport: 'websocket',
    ...changes,
  };
}

/** A fake server that ends with the test. */
export async function fakeServer(t: TestContext): Promise<FakeServer> {
  const server = await FakeServer.start();
  t.after(() => server.close());
  return server;
}

/** A client that ends with the test. */
export function clientOf(
  t: TestContext,
  url: string,
  changes: Partial<Settings> = {},
  clock: Clock = now,
): { client: Client; events: Events; emitted: LarderEvent[]; log: RecordingLog } {
  const log = new RecordingLog();
  const events = new Events();
  const emitted: LarderEvent[] = [];
  events.on((event) => emitted.push(event));
  events.on(debugLines((line) => log.debug(line)));
  const client = new Client(settings(url, changes), events, log, clock);
  // The client keeps no process alive, so the test does.
  const alive = setInterval(() => {}, 1000);
  t.after(() => {
    clearInterval(alive);
    client.end();
  });
  return { client, events, emitted, log };
}

/** What `client` finds. */
export async function look(
  client: Client,
  key: Key,
  softTags: readonly string[] = [],
  options: LookupOptions = AT_ONCE,
): Promise<Lookup> {
  return (await client.lookup(key, softTags, options)).lookup;
}

/** How many puts ended as `outcome`. */
export function puts(emitted: readonly LarderEvent[], outcome: PutOutcome): number {
  return emitted.filter((event) => event.type === 'put' && event.outcome === outcome).length;
}

/**
 * Does `act`; done when a put was answered since. A lookup that was sent after it is no sign of that:
 * the server answers each when it can.
 */
export async function untilPut(
  emitted: readonly LarderEvent[],
  act: () => Promise<void>,
): Promise<void> {
  const answered = (): number => emitted.filter(({ type }) => type === 'put').length;
  const before = answered();
  await act();
  await until('a put was answered', () => answered() > before);
}

/** What the handler of a whole process is made of, as a page sees it, with its one client. */
export function processParts(given: Settings, log: Log) {
  const events = new Events();
  const time = new Timekeeper();
  const client = new Client(given, events, log, time.now);
  return { client: () => client, events, log, time, consumer: () => 'page' as const };
}

/** A handler over a client that ends with the test, as a page sees it. */
export function handlerOf(
  t: TestContext,
  url: string,
  changes: Partial<Settings> & {
    consumer?: () => Consumer;
    request?: () => WorkStore | undefined;
    exchange?: () => ServedRequest | undefined;
    time?: Timekeeper;
  } = {},
): {
  handler: CacheHandler;
  client: Client;
  events: Events;
  emitted: LarderEvent[];
  log: RecordingLog;
} {
  const {
    consumer = () => 'page',
    request = () => undefined,
    exchange = () => undefined,
    time = new Timekeeper(),
    ...rest
  } = changes;
  const { client, events, emitted, log } = clientOf(t, url, rest, time.now);
  const parts = { client: () => client, events, log, time, consumer, request, exchange };
  return { handler: createHandler(parts), client, events, emitted, log };
}

/** A value as it was generated just now. */
export function stored(changes: Partial<Stored> = {}): Stored {
  const life: Life = { stale: 30, revalidate: 60, expire: 3600 };
  return { value: [Buffer.from('v')], tags: ['t'], life, generatedAt: now(), ...changes };
}

/** Content as a server answers it. */
export function content(text: string, changes: Partial<Content> = {}): Content {
  const value = Buffer.from(text);
  const life: Life = { stale: 30, revalidate: 60, expire: 3600 };
  return { tags: ['t'], life, age: 0, value: [value], checksum: crc32(value), ...changes };
}

/** An entry as Next.js hands it to `set`. */
export function nextEntry(text: string, changes: Partial<NextEntry> = {}): NextEntry {
  return {
    value: streamOf(text),
    tags: ['t'],
    stale: 30,
    timestamp: now(),
    revalidate: 60,
    expire: 3600,
    ...changes,
  };
}

/** A stream of `chunks`, ending in `error` when there is one. */
export function streamOf(...chunks: (string | Error)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else if (chunk instanceof Error) controller.error(chunk);
      else controller.enqueue(Buffer.from(chunk));
    },
  });
}

/** The text of an entry Next.js is given. */
export async function textOf(entry: NextEntry | undefined): Promise<string | undefined> {
  if (!entry) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.value) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Keeps this event loop from doing anything for `milliseconds`. */
export function block(milliseconds: number): void {
  const end = now() + milliseconds;
  while (now() < end);
}

/** The time `task` takes, in milliseconds. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = now();
  await task();
  return now() - began;
}

/** What `promise` comes to, where only timers that do not keep the process alive lead there. */
export async function awake<T>(promise: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(alive);
  }
}
