import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import type { LarderEvent, Outcome } from '../../src/events/events.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import type { Settings } from '../../src/runtime/settings.js';
import { handlerOf, nextEntry, streamOf, textOf, untilPut, type RecordingLog } from './fixtures.js';

/** As patient as a server that is just warming up on a busy machine needs, and a near cache. */
export const PATIENT: Partial<Settings> = { timeout: 10_000, wait: 10_000, nearCache: 64 << 20 };

/** The transports of the instances of a test, in turn. */
const TRANSPORTS = (process.env.LARDER_TEST_TRANSPORTS ?? 'websocket').split(',');
const instances = new WeakMap<TestContext, number>();

/** The transport of the next instance of a test. */
function nextTransport(t: TestContext): Settings['transport'] {
  const number = instances.get(t) ?? 0;
  instances.set(t, number + 1);
  return TRANSPORTS[number % TRANSPORTS.length] === 'http' ? 'http' : 'websocket';
}

/** The soft tags of a route. */
export const ROUTE = ['_N_T_/layout', '_N_T_/products/[id]/page', '_N_T_/products/3'];

/** Whether Next.js would find the entry stale now. */
export function looksStale({ timestamp, revalidate }: NextEntry): boolean {
  return now() > timestamp + revalidate * 1000;
}

/** A cached function that ends when the test says so. */
export class Generation {
  /** The entries it was started for, each until it ends. */
  started = 0;
  readonly #events = new EventEmitter().setMaxListeners(0);

  /** Starts it: the entry it ends with carries the moment of the start. */
  async run(changes: Partial<NextEntry>): Promise<NextEntry> {
    const timestamp = now();
    const number = ++this.started;
    this.#events.emit('started');
    const [value] = (await once(this.#events, 'end')) as [string | Error];
    const stream =
      typeof value === 'string' ? streamOf(`${value} #${number}`) : streamOf('', value);
    return nextEntry('', { timestamp, ...changes, value: stream });
  }

  /** Done when it was started `count` times. */
  async running(count = 1): Promise<void> {
    while (this.started < count) await once(this.#events, 'started');
  }

  /** Ends every run with a value, or with an error in its stream. */
  end(value: string | Error = 'value'): void {
    this.#events.emit('end', value);
  }
}

/** One process of an app, reading cached functions as Next.js does. */
export class Instance {
  readonly handler: CacheHandler;
  readonly log: RecordingLog;
  readonly emitted: readonly LarderEvent[];
  readonly leave: () => void;
  readonly usable: () => boolean;

  /** An instance that knows all of `urls` and uses the first of them. */
  static async at(
    t: TestContext,
    urls: readonly string[],
    changes: Partial<Settings> = {},
  ): Promise<Instance> {
    // Which it begins with is chosen at random.
    for (;;) {
      const instance = new Instance(t, urls[0]!, { ...changes, urls });
      await instance.connected();
      if (instance.server === urls[0]) return instance;
      instance.leave();
    }
  }

  constructor(t: TestContext, url: string, changes: Partial<Settings> = {}) {
    const usual = { ...PATIENT, transport: nextTransport(t) };
    const { handler, client, emitted, log } = handlerOf(t, url, { ...usual, ...changes });
    this.handler = handler;
    this.emitted = emitted;
    this.log = log;
    this.leave = () => client.end();
    this.usable = () => client.usable;
  }

  /**
   * The text of a cached function, as a page gets it: what is cached, regenerated behind it when it
   * looks stale, else what `generation` ends with.
   */
  async read(
    key: string,
    generation: Generation,
    changes: Partial<NextEntry> = {},
  ): Promise<string> {
    const found = await this.handler.get(key, ROUTE);
    if (found && !looksStale(found)) return (await textOf(found))!;
    const generated = generation.run(changes);
    if (found) {
      void generated.then((entry) => this.handler.set(key, Promise.resolve(entry)));
      return (await textOf(found))!;
    }
    const entry = await generated;
    const [shown, kept] = entry.value.tee();
    await this.handler.set(key, Promise.resolve({ ...entry, value: kept }));
    return (await textOf({ ...entry, value: shown }))!;
  }

  /** Done when there is a connection, however long a busy machine takes for it. */
  async connected(): Promise<void> {
    await this.roundTrip();
    while (!this.usable()) await Promise.all([this.roundTrip(), pause(5)]);
  }

  /** Done when it is known here that the server is away. */
  async disconnected(): Promise<void> {
    while (this.usable()) await Promise.all([this.roundTrip(), pause(5)]);
  }

  /** Done when the server has been sent everything before, and answered a lookup. */
  async roundTrip(): Promise<void> {
    await this.handler.get(randomUUID(), ROUTE);
  }

  /** Generates `text` under `key` at once; done when it is stored. */
  async fill(key: string, text: string, changes: Partial<NextEntry> = {}): Promise<void> {
    await this.connected();
    const generation = new Generation();
    await untilPut(this.emitted, async () => {
      const read = this.read(key, generation, changes);
      await generation.running();
      generation.end(text);
      await read;
    });
  }

  /** The same, done when its time has come. */
  async fillAged(key: string, text: string, changes: Partial<NextEntry> = {}): Promise<void> {
    await this.fill(key, text, { ...changes, revalidate: 1 });
    await pause(1050);
  }

  /** What a page would be given by a request of its own, without generating anything. */
  async peek(key: string, softTags = ROUTE): Promise<string | undefined> {
    await this.handler.refreshTags();
    return textOf(await this.handler.get(key, softTags));
  }

  /** The address of the server it is connected to, as far as it has said. */
  get server(): string | undefined {
    const line = this.log.notices.findLast((notice) => notice.includes('connected to '));
    return /connected to ([^,]+),/.exec(line ?? '')?.[1];
  }

  /** Its events that are only emitted when a server was not reached. */
  get failures(): readonly string[] {
    return this.emitted.flatMap((event) => {
      if (event.type === 'lookup' && event.outcome === 'bypass') return [`lookup: ${event.reason}`];
      if (event.type === 'connection' && event.state === 'down') return [event.reason];
      if (event.type === 'invalidation' && event.outcome !== 'confirmed') {
        return [`invalidation ${event.outcome}: ${event.reason}`];
      }
      if (event.type === 'put' && ['dropped', 'refused', 'unstamped'].includes(event.outcome)) {
        return [`put ${event.outcome}: ${event.reason}`];
      }
      return [];
    });
  }

  /** How the last lookup ended. */
  get outcome(): Outcome | undefined {
    return this.emitted.findLast((event) => event.type === 'lookup')?.outcome;
  }
}
