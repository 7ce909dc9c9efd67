import type { LarderEvent, Listener } from './events.js';

/** A listener that explains each event in one line, as `LARDER_DEBUG=1` wants it. */
export function debugLines(print: (line: string) => void): Listener {
  return (event) => print(`larder: ${lineOf(event)}`);
}

function lineOf(event: LarderEvent): string {
  switch (event.type) {
    case 'lookup': {
      const { key, outcome, duration, waited, reason } = event;
      const wait = waited > 0 ? `, ${ms(waited)} of it waiting` : '';
      return `get ${key}: ${outcome} in ${ms(duration)}${wait} (${reason})`;
    }
    case 'generation': {
      const { key, outcome, duration, bytes, tags, reason } = event;
      if (outcome === 'failed') return `set ${key}: not stored, ${reason}`;
      return `set ${key}: ${bytes} bytes, generated in ${ms(duration)}, tags ${list(tags)}`;
    }
    case 'put':
      return `put ${event.key}: ${event.outcome}${because(event.reason)}`;
    case 'invalidation': {
      const { tags, expire, outcome, duration, reason } = event;
      const when = expire === 0 ? 'expire now' : `stale now, expire in ${expire} s`;
      return `invalidate ${list(tags)}, ${when}: ${outcome} in ${ms(duration)}${because(reason)}`;
    }
    case 'connection':
      return `connection ${event.state}${because(event.reason)}`;
  }
}

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function list(tags: readonly string[]): string {
  return JSON.stringify(tags);
}
