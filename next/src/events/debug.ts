import type { LarderEvent, Listener } from './events.js';

/** Characters of a key's digest that tell it from the others in a log. */
const DIGEST = 12;

/** Tags named in one line. */
const NAMED = 4;

type Decision = Exclude<LarderEvent, { type: 'connection' }>;

/**
 * A listener that explains each decision in one line, as `LARDER_DEBUG=1` wants it. What becomes of
 * the connection is in the log anyway. A line names the digest's first twelve digits and at most
 * four tags, and never a value.
 *
 * @param print takes one line, without a line break
 */
export function debugLines(print: (line: string) => void): Listener {
  return (event) => {
    if (event.type !== 'connection') print(`larder: ${lineOf(event)}`);
  };
}

/** The line of an event, without its prefix. */
function lineOf(event: Decision): string {
  switch (event.type) {
    case 'lookup': {
      const { outcome, path, tags, duration, waited, reason } = event;
      const reader = path === '' ? '' : ` for ${path}`;
      const wait = waited > 0 ? `${ms(waited)} of it waiting, ` : '';
      const why = `(${wait}${reason})`;
      return `get ${digest(event)}${reader}: ${outcome} in ${ms(duration)} ${why}${tagged(tags)}`;
    }
    case 'generation': {
      const { outcome, duration, bytes, tags, reason } = event;
      if (outcome === 'failed') return `set ${digest(event)}: not stored (${reason})`;
      return `set ${digest(event)}: ${bytes} bytes generated in ${ms(duration)}${tagged(tags)}`;
    }
    case 'put':
      return `put ${digest(event)}: ${event.outcome}${because(event.reason)}`;
    case 'invalidation': {
      const { tags, expire, outcome, duration, reason } = event;
      const what = expire === 0 ? 'expired now' : `stale now, expired in ${expire} s`;
      const end = `${outcome} after ${ms(duration)}${because(reason)}`;
      return `invalidate ${list(tags)}: ${what}, ${end}`;
    }
    case 'warmed':
      return `warmed: ${event.entries} entries, ${event.bytes} bytes`;
  }
}

function digest({ key }: { readonly key: string }): string {
  return key.slice(0, DIGEST);
}

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function tagged(tags: readonly string[]): string {
  return tags.length === 0 ? '' : `, tags ${list(tags)}`;
}

function list(tags: readonly string[]): string {
  const named = tags
    .slice(0, NAMED)
    .map((tag) => JSON.stringify(tag))
    .join(', ');
  return tags.length > NAMED ? `${named} and ${tags.length - NAMED} more` : named;
}
