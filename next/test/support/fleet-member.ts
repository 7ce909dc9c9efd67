import { setTimeout as pause } from 'node:timers/promises';
import { createHandler, type CacheHandler } from '../../src/use-cache/handler.js';
import type { Settings } from '../../src/runtime/settings.js';
import { processParts, settings } from './fixtures.js';
import type { Observation, Versions } from './fleet-checker.js';
import { KEYS, Member, randomOf, type World } from './member.js';

// A process of an app at work: argv is an `Enlistment`. It is told what to do, and tells what it
// sees, over the channel to the process that started it.

/** What a member is started with. */
export interface Enlistment {
  readonly who: string;
  readonly seed: number;
  readonly settings: Partial<Settings> & { readonly urls: readonly string[] };
  /** How many things it does at a time. */
  readonly loops: number;
  /** Whether it is to serve whatever it was ever given, so that its checker has something to find. */
  readonly broken: boolean;
}

/** What a member says. */
export type Said =
  | { readonly type: 'question'; readonly id: number; readonly tags: readonly string[] }
  | { readonly type: 'edit'; readonly id: number; readonly tag: string }
  | { readonly type: 'saw'; readonly observations: readonly Observation[] }
  | { readonly type: 'generates'; readonly key: string }
  | { readonly type: 'done'; readonly id: number; readonly alone: number };

/** What a member is told. */
export type Told =
  | { readonly type: 'answer'; readonly id: number; readonly value: Versions | number }
  | { readonly type: 'rest'; readonly id: number }
  | { readonly type: 'audit'; readonly id: number }
  | { readonly type: 'burst'; readonly id: number; readonly key: string };

const {
  who,
  seed,
  settings: own,
  loops: count,
  broken,
} = JSON.parse(process.argv[2]!) as Enlistment;
const given = settings(own.urls[0]!, { nearCache: 1 << 20, ...own });
const parts = processParts(given, { notice: () => {}, error: () => {} });
const { events } = parts;
const random = randomOf(seed);

let alone = 0;
events.on((event) => {
  if (event.type === 'lookup' && event.outcome === 'bypass') alone++;
});

const say = (said: Said): void => void process.send!(said);

const unanswered = new Map<number, (value: never) => void>();
let lastId = 0;
function ask<T>(question: (id: number) => Said): Promise<T> {
  const id = ++lastId;
  say(question(id));
  return new Promise((resolve) => unanswered.set(id, resolve));
}

let seen: Observation[] = [];
setInterval(() => {
  if (seen.length > 0) say({ type: 'saw', observations: seen });
  seen = [];
}, 100);

const world: World = {
  versions: (tags) => ask((id) => ({ type: 'question', id, tags })),
  edit: (tag) => ask((id) => ({ type: 'edit', id, tag })),
  note: (observation) => void seen.push(observation),
};

const handler = broken ? forgetful(createHandler(parts)) : createHandler(parts);
const member = new Member({
  who,
  handler,
  world,
  random,
  behind: given.staleness,
  wait: given.wait,
  generating: (key) => say({ type: 'generates', key }),
});

/** A handler that forgets about invalidations: it shows for long what it was given once. */
function forgetful(real: CacheHandler): CacheHandler {
  const first = new Map<string, Buffer>();
  return {
    ...real,
    async get(key, softTags) {
      const found = await real.get(key, softTags);
      if (!found) return undefined;
      const value = Buffer.from(await new Response(found.value).arrayBuffer());
      const kept = first.get(key) ?? value;
      first.set(key, kept);
      return { ...found, value: new Response(new Uint8Array(kept)).body! };
    },
  };
}

let working = true;
async function work(): Promise<void> {
  while (working) {
    await member.step();
    await pause(1 + random() * 4);
  }
}
const loops = Array.from({ length: count }, work);

async function told(message: Told): Promise<void> {
  if (message.type === 'answer') {
    unanswered.get(message.id)?.(message.value as never);
    unanswered.delete(message.id);
    return;
  }
  const before = alone;
  if (message.type === 'rest') {
    working = false;
    await Promise.all(loops);
  } else if (message.type === 'audit') {
    for (let n = 0; n < KEYS; n++) await member.read(n);
  } else {
    const { key } = message;
    await Promise.all([1, 2, 3].map(() => member.join(key)));
  }
  if (seen.length > 0) say({ type: 'saw', observations: seen });
  seen = [];
  say({ type: 'done', id: message.id, alone: alone - before });
}
process.on('message', (message) => void told(message as Told));
process.on('disconnect', () => process.exit());
