import { detached } from './detached.js';

/** Where the adapter says what its operator should know. Each line begins with `larder:`. */
export interface Log {
  /** A change of state: connected, lost, recovered. */
  notice(text: string): void;
  /** Something to put right: a bad setting, a refused connection. */
  error(text: string): void;
}

/**
 * The log of this process, on the console. Writing there blocks for milliseconds, so a notice,
 * which comes when somebody has waited long enough, is written after they have gone on.
 */
export function consoleLog(): Log {
  return {
    notice: (text) => detached(() => void setImmediate(() => print(console.warn, text))),
    error: (text) => detached(() => print(console.error, text)),
  };
}

/** An app may have replaced the console, and its fault must not become one of the connection. */
function print(line: (text: string) => void, text: string): void {
  try {
    line(`larder: ${text}`);
  } catch {}
}

/** What was said already, by the log it was said in. */
const said = new WeakMap<Log, Set<string>>();

/**
 * Says something to put right once in the life of a log, however often a thing of its kind happens.
 *
 * @param kind names the kind of thing; only the first text of a kind is said
 */
export function sayOnce(log: Log, kind: string, text: string): void {
  const kinds = said.get(log) ?? new Set();
  said.set(log, kinds);
  if (kinds.has(kind)) return;
  kinds.add(kind);
  log.error(`${text} (said once; LARDER_DEBUG=1 and the metrics tell of each)`);
}
