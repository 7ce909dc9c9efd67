import { computed, effect, signal } from '@preact/signals';
import { get, identify, locked, login, Refused } from './api';
import { forget, listen } from './stream';
import type { NamespaceState, Overview } from './types';

export const SCREENS = [
  'overview',
  'entries',
  'tags',
  'invalidations',
  'instances',
  'explain',
] as const;
export type Screen = (typeof SCREENS)[number];

/** Where the page is: all of it is in the address after `#`, which holds no secret. */
export const route = signal(read());

/** Whether the page goes on with what happens. */
export const live = signal(true);

/** The names of all namespaces, also of those that nobody has used since the server started. */
export const namespaces = signal<readonly string[]>([]);

export const overview = signal<Overview | undefined>(undefined);

/** Numbers of a namespace at a time, for rates. */
export interface Sample {
  at: number;
  state: NamespaceState;
  /** Those of its durations, in s. */
  bounds: readonly number[];
}

/** How many samples are kept of a namespace: an hour of one every two seconds. */
const KEPT = 1800;
const EVERY = 2000;

const samples = signal<ReadonlyMap<string, readonly Sample[]>>(new Map());

export const namespace = computed(
  () =>
    route.value.parameters.get('ns') ??
    overview.value?.namespaces[0]?.namespace ??
    namespaces.value[0] ??
    '',
);

export const current = computed(() =>
  overview.value?.namespaces.find((each) => each.namespace === namespace.value),
);

export const history = computed(() => samples.value.get(namespace.value) ?? []);

function read(): { screen: Screen; parameters: URLSearchParams } {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const screen = SCREENS.find((each) => each === path) ?? 'overview';
  return { screen, parameters: new URLSearchParams(query) };
}

/** The address of a screen, in the namespace that is shown. */
export function link(screen: Screen, parameters: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    ...(namespace.value && { ns: namespace.value }),
    ...parameters,
  });
  return `#/${screen}${query.size > 0 ? `?${query}` : ''}`;
}

export function go(screen: Screen, parameters: Record<string, string> = {}): void {
  location.hash = link(screen, parameters);
}

export async function refresh(): Promise<void> {
  try {
    const listed = get<{ namespaces: string[] }>('/v1').catch(() => undefined);
    const now = await get<Overview>('/v1/overview');
    if (!live.value && overview.value) return;
    keep(now);
    overview.value = now;
    // The store is asked for it, which may be what is wrong.
    const all = await listed;
    if (all) namespaces.value = all.namespaces;
  } catch (error) {
    // That the server is gone is told by what asks it; what is shown stays.
    if (error instanceof Refused && error.status === 403) locked.value = error.message;
  }
}

function keep(now: Overview): void {
  const restarted = overview.value && overview.value.server.startedAt !== now.server.startedAt;
  const kept = new Map(restarted ? [] : samples.value);
  const at = Date.parse(now.at);
  for (const state of now.namespaces) {
    const before = kept.get(state.namespace) ?? [];
    kept.set(state.namespace, [
      ...before.slice(1 - KEPT),
      { at, state, bounds: now.durationBounds ?? [] },
    ]);
  }
  samples.value = kept;
}

/** Begins to follow the server. */
export function start(): void {
  addEventListener('hashchange', () => (route.value = read()));
  void identify();
  let listening = new AbortController();
  let heard = '';
  effect(() => {
    listening.abort();
    const hearing = `${namespace.value} ${login.value}`;
    if (hearing !== heard) forget();
    heard = hearing;
    if (!live.value) return;
    listening = new AbortController();
    void listen(namespace.value, listening.signal);
  });
  effect(() => {
    login.value;
    if (live.value && !locked.value) void refresh();
  });
  setInterval(() => {
    if (live.value && !locked.value && !document.hidden) void refresh();
  }, EVERY);
}
