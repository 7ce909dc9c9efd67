/*
 * What Next.js patches or watches in a render, watched here: to be imported before anything that may
 * hold on to an original, as Next.js patches before it loads a handler.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';

/** The render a call is made in, in the storages of Next.js 16.4. */
const storage = <S extends object>(kind: string): AsyncLocalStorage<S> => {
  const made = new AsyncLocalStorage<S>();
  Object.assign(globalThis, { [Symbol.for(`@next/${kind}-async-storage@16.4.6`)]: made });
  return made;
};
const works = storage<object>('work');
const units = storage<{ readonly type: string }>('work-unit');

/** What was called in a render by this package, or for it. */
export const seen = new Set<string>();

/** Runs `task` as a part of a render of this type. */
export function rendering<R>(type: string, work: object, task: () => R): R {
  return works.run(work, () => units.run({ type }, task));
}

/** Modules of which nothing may be called in a render; a test itself may do what it likes. */
const OURS = /[\\/]next[\\/](dist|build[\\/]src|node_modules[\\/](ws|@opentelemetry))[\\/]/;

function watch(what: string): void {
  if (!units.getStore()) return;
  const stack = new Error().stack?.split('\n').slice(3) ?? [];
  const caller = stack.findIndex((line) => OURS.test(line));
  if (caller < 0) return;
  const place = /[\w-]+\.js:\d+/;
  seen.add(
    `${what} in ${stack
      .slice(caller, caller + 3)
      .map((line) => place.exec(line)?.[0] ?? '?')
      .join(' < ')}`,
  );
}

function watched<O extends object>(
  object: O,
  name: string,
  ...methods: (keyof O & string)[]
): void {
  for (const method of methods) {
    const original = object[method] as (...args: unknown[]) => unknown;
    const replacement = function (this: unknown, ...args: unknown[]): unknown {
      watch(`${name}${method}`);
      return original.apply(this, args);
    };
    Object.defineProperty(object, method, {
      value: Object.assign(replacement, original),
      configurable: true,
      writable: true,
    });
  }
}

const require = createRequire(import.meta.url);

class WatchedDate extends Date {
  constructor(...args: unknown[]) {
    if (args.length === 0) watch('new Date');
    super(...(args as [number]));
  }
}
watched(WatchedDate as DateConstructor, 'Date.', 'now');
Object.assign(globalThis, { Date: WatchedDate });
watched(Math, 'Math.', 'random');
watched(globalThis, '', 'fetch', 'setTimeout', 'setInterval', 'setImmediate');
watched(console, 'console.', 'log', 'info', 'warn', 'error', 'debug');
watched(crypto, 'crypto.', 'getRandomValues', 'randomUUID');
watched(
  require('node:crypto') as typeof import('node:crypto'),
  'node:crypto.',
  'randomUUID',
  'randomBytes',
  'randomFillSync',
  'randomInt',
);
watched(
  require('node:timers') as typeof import('node:timers'),
  'node:timers.',
  'setTimeout',
  'setInterval',
  'setImmediate',
);
syncBuiltinESMExports();
