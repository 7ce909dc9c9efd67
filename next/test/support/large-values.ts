/*
 * Stores values and reads them back one after the other, through a handler without a near cache, and
 * says what that took: `node --expose-gc large-values.js URL TRANSPORT COUNT BYTES`.
 *
 * What nobody holds is given back at the end of every turn of the event loop that made a MiB. So what
 * there is then is what is held, a MiB, and what this one turn has let go of.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import { createHandler } from '../../src/use-cache/handler.js';
import type { Settings } from '../../src/runtime/settings.js';
import { nextEntry, processParts, RecordingLog, settings } from './fixtures.js';

/** The most bytes there were in arrays beside those before: while storing, and while reading. */
export interface Report {
  readonly stored: number;
  readonly read: number;
}

const MIB = 1 << 20;
const CHUNK = 64 << 10;

const [url, transport, count, size] = process.argv.slice(2) as [
  string,
  Settings['transport'],
  string,
  string,
];
const parts = processParts(settings(url, { transport, timeout: 10_000 }), new RecordingLog());
const { events } = parts;
const handler = createHandler(parts);
const collect = (globalThis as { gc?: () => void }).gc!;
const alive = setInterval(() => {}, 1000);

/** Chunks that come to so many bytes, each made when it is asked for. */
function chunks(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream(
    {
      async pull(controller) {
        await turn();
        const chunk = new Uint8Array(Math.min(left, CHUNK)).fill(left % 251);
        left -= chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function store(key: string, bytes: number): Promise<void> {
  const stored = new Promise<void>((resolve, reject) => {
    const stop = events.on((event) => {
      if (event.type !== 'put') return;
      stop();
      if (event.outcome === 'stored') resolve();
      else reject(new Error(`a value was not stored but ${event.outcome}: ${event.reason}`));
    });
  });
  await handler.set(
    key,
    Promise.resolve(nextEntry('', { value: chunks(bytes), timestamp: now() })),
  );
  await stored;
}

async function read(key: string, bytes: number): Promise<void> {
  const entry = await handler.get(key, []);
  if (!entry) throw new Error(`${key} was not found`);
  let size = 0;
  for await (const chunk of entry.value) {
    size += chunk.length;
    await turn();
  }
  if (size !== bytes) throw new Error(`${key} has ${size} bytes, not ${bytes}`);
}

/** The most bytes there are in arrays, beside those before, while all values take their turn. */
async function most(task: (key: string, bytes: number) => Promise<void>): Promise<number> {
  const left = (): number => {
    collect();
    // The first one lets go of arrays in its own time; the second one waits for that.
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  await turn();
  const before = left();
  let [held, kept] = [before, before];
  let over = false;
  const all = async (): Promise<void> => {
    for (let n = 0; n < Number(count); n++) await task(`large ${n}`, Number(size));
  };
  const done = all().finally(() => (over = true));
  while (!over) {
    const { arrayBuffers } = process.memoryUsage();
    held = Math.max(held, arrayBuffers);
    if (arrayBuffers > kept + MIB) kept = left();
    await turn();
  }
  await done;
  return held - before;
}

await handler.refreshTags();
await handler.get('first', []);
for (const task of [store, read]) await task('small', 1000);
const report: Report = { stored: await most(store), read: await most(read) };
process.stdout.write(JSON.stringify(report));
parts.client().end();
clearInterval(alive);
