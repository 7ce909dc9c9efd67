import { signal } from '@preact/signals';
import { ask, locked, Refused } from './api';
import type { ServerEvent } from './types';

/** The latest events, the newest first. */
export const events = signal<readonly ServerEvent[]>([]);

/** Whether what was missed could not be had. */
export const gaps = signal(0);

/** How many events the page keeps. */
const KEPT = 1000;

const RETRY = { first: 500, most: 5000 };

/** The number of the last event that was heard. */
let known = 0;

/** Forgets what was heard: whoever looks now may hear other things. */
export function forget(): void {
  known = 0;
  events.value = [];
}

/**
 * Listens to the events of a namespace, and of the server, until `signal` is aborted, and begins again where it was when
 * the connection breaks. A stream of fetch, because an `EventSource` does not tell why it is refused.
 */
export async function listen(namespace: string, signal: AbortSignal): Promise<void> {
  let wait = RETRY.first;
  while (!signal.aborted) {
    try {
      const only = namespace && `&namespace=${encodeURIComponent(namespace)}`;
      const answer = await ask(`/v1/events?since=${known}${only}`, { signal });
      wait = RETRY.first;
      await read(answer.body!.pipeThrough(new TextDecoderStream()).getReader());
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        await unlocked(signal);
        continue;
      }
    }
    await pause(wait, signal);
    wait = Math.min(wait * 2, RETRY.most);
  }
}

async function read(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    const heard = blocks.map(event).filter((each) => each !== undefined);
    if (heard.length > 0) events.value = [...heard.reverse(), ...events.value].slice(0, KEPT);
  }
}

function event(block: string): ServerEvent | undefined {
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) known = Number(line.slice(4));
    if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (!data) return undefined;
  const told = JSON.parse(data);
  if (told.kind !== 'gap') return told;
  gaps.value++;
  return { ...told, number: told.to, at: new Date().toISOString(), details: {} };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Waits until somebody has signed in. */
function unlocked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = locked.subscribe((why) => {
      if (!why) queueMicrotask(() => (end(), resolve()));
    });
    signal.addEventListener('abort', () => (end(), resolve()), { once: true });
  });
}
