import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get, goneSince, words } from './api';
import { clock, span, tagWords } from './format';
import { live } from './state';
import { events } from './stream';
import type { Life } from './types';

/** A state in its colour, its shape and its word. */
export function State({ of }: { of: string }) {
  const shape = { fresh: '●', stale: '◐', expired: '○', missing: '∅' }[of] ?? '●';
  return (
    <span class={`state ${of}`}>
      <span aria-hidden="true">{shape}</span> {of}
    </span>
  );
}

export function Chip({ children, tone = '' }: { children: ComponentChildren; tone?: string }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

/** The first tags of some, and how many more there are. */
export function Tags({ tags, total = tags.length }: { tags: readonly string[]; total?: number }) {
  return (
    <span class="tags">
      {tags.slice(0, 2).map((tag) => (
        <Chip key={tag}>{tagWords(tag)}</Chip>
      ))}
      {total > 2 && <span class="more">+{total - 2}</span>}
    </span>
  );
}

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {clock(at)}
    </time>
  );
}

/** How old an entry is, against how long it is served as it is, served stale, and kept. */
export function LifeBar({ age, life }: { age: number; life: Life }) {
  const end =
    life.expire === 'never' ? (life.revalidate === 'never' ? 0 : life.revalidate * 2) : life.expire;
  const share = end === 0 ? 0 : Math.min(1, age / 1000 / end);
  const fresh = end === 0 || life.revalidate === 'never' ? 1 : Math.min(1, life.revalidate / end);
  return (
    <span class="life">
      <span
        class="bar"
        style={{ '--share': `${share * 100}%`, '--fresh-end': `${fresh * 100}%` }}
        aria-hidden="true"
      />
      {span(age)} of {end === 0 ? 'no end' : span(end * 1000)}
    </span>
  );
}

/** A part of a whole, as a bar beside its words. */
export function Used({
  part,
  whole,
  children,
}: {
  part: number;
  whole: number;
  children: ComponentChildren;
}) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <span class="used">
      <span class="bar" style={{ '--share': `${share * 100}%` }} aria-hidden="true" />
      {children}
    </span>
  );
}

/** What a request answered, or why it did not. What was answered before stays while there is no other. */
export interface Answer<T> {
  value: T | undefined;
  failure: string;
}

/** How often a path is asked again, and how soon after something has happened, in ms. */
const EVERY = 5000;
const SOON = 200;

/**
 * Asks a path again and again while the page is live, and at once when something happens that
 * changes the answer.
 *
 * @param path empty asks nothing
 */
export function useAnswer<T>(path: string, kinds: readonly string[] = []): Answer<T> {
  const value = useSignal<T | undefined>(undefined);
  const failure = useSignal('');
  const asked = useRef('');
  const running = useRef<AbortController | undefined>(undefined);
  const heard = useRef(events.value[0]?.number ?? 0);
  const soon = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // Paused, what is shown stands still: also before an answer that was asked for before.
  const still = () => !live.value && value.value !== undefined;

  const load = async () => {
    if (!path || running.current || still()) return;
    const controller = new AbortController();
    running.current = controller;
    try {
      const answer = await get<T>(path, controller.signal);
      if (still()) return;
      value.value = answer;
      failure.value = '';
    } catch (error) {
      if (!controller.signal.aborted) failure.value = words(error);
    } finally {
      if (running.current === controller) running.current = undefined;
    }
  };

  useEffect(() => {
    if (asked.current !== path) value.value = undefined;
    asked.current = path;
    void load();
    const timer = setInterval(() => !document.hidden && void load(), EVERY);
    return () => {
      clearInterval(timer);
      running.current?.abort();
      running.current = undefined;
      clearTimeout(soon.current);
      soon.current = undefined;
    };
  }, [path]);

  useSignalEffect(() => {
    const fresh = events.value.filter((event) => event.number > heard.current);
    heard.current = events.value[0]?.number ?? 0;
    if (soon.current || !fresh.some((event) => kinds.includes(event.kind))) return;
    // What is being answered may be from before.
    const next = () => {
      soon.current = running.current ? setTimeout(next, SOON) : undefined;
      if (!soon.current) void load();
    };
    soon.current = setTimeout(next, SOON);
  });

  return { value: value.value, failure: failure.value };
}

/** What stands in place of an answer that is not there. */
export function Waiting({ answer }: { answer: Answer<unknown> }) {
  if (answer.value !== undefined && (!answer.failure || goneSince.value)) return null;
  return answer.failure ? (
    <p class="none failed">{answer.failure}</p>
  ) : (
    <p class="none">Asking the server …</p>
  );
}

/** A dialog that takes the keyboard, and gives it back when it is closed. */
export function Dialog(props: {
  title: string;
  close: () => void;
  children: ComponentChildren;
  side?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.side ? 'side' : ''}
      aria-label={props.title}
      onClose={props.close}
    >
      <header>
        <h2>{props.title}</h2>
        <button
          type="button"
          class="quiet"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          ✕
        </button>
      </header>
      {props.children}
    </dialog>
  );
}

/** A filter that is typed; it counts once it is entered. */
export function Search(props: {
  label: string;
  value: string;
  placeholder?: string;
  choose: (value: string) => void;
}) {
  return (
    <label>
      {props.label}
      <input
        type="search"
        defaultValue={props.value}
        placeholder={props.placeholder ?? 'all'}
        onChange={(event) => props.choose(event.currentTarget.value.trim())}
      />
    </label>
  );
}

/** Which rows come first: the names by which the server knows an order, and what they mean. */
export function First(props: {
  value: string;
  orders: Readonly<Record<string, string>>;
  choose: (value: string) => void;
}) {
  return (
    <label>
      First
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        {Object.entries(props.orders).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
