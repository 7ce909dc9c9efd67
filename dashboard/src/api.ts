import { signal } from '@preact/signals';
import type { Who } from './types';

/** Who looks, as far as it is known; its `id` is empty where everybody may. */
export const who = signal<Who | undefined>(undefined);

/** How often somebody signed in: what was asked before is of somebody else. */
export const login = signal(0);

/** Why a token is asked for; empty if none is. */
export const locked = signal('');

/** Since when the server does not answer, in ms since 1970; 0 while it does. */
export const goneSince = signal(0);

/** What the server answers instead of what was asked. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Exchanges a token for a session, which the browser keeps where no script reads it. Of the token nothing is kept.
 *
 * @throws {Refused} if the server does not take it
 */
export async function signIn(token: string): Promise<void> {
  who.value = await post<Who>('/login', { token });
  login.value++;
  locked.value = '';
}

/** Ends the session, on the server too. */
export async function signOut(): Promise<void> {
  await post('/logout', {});
  location.reload();
}

/** Asks who looks. */
export async function identify(): Promise<void> {
  try {
    who.value = await get<Who>('/login');
  } catch {
    // What asks for data next says why.
  }
}

/** Sends a request; notes whether the server is there, and whether it wants a token. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const asker = login.value;
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' });
  } catch (error) {
    if (!init.signal?.aborted) goneSince.value ||= Date.now();
    throw error;
  }
  goneSince.value = 0;
  if (answer.ok) return answer;
  const message = await refusal(answer);
  if (answer.status === 401 && asker === login.value && path !== '/login') {
    locked.value = who.value
      ? 'You are not signed in any more: the session, or its token, has ended.'
      : 'This server asks for a token.';
  }
  throw new Refused(answer.status, message);
}

async function refusal(answer: Response): Promise<string> {
  try {
    return (await answer.json()).error.message;
  } catch {
    return `the server answered with status ${answer.status}`;
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, { signal })).json();
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return (await ask(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** A path below a namespace, with its parameters; those that are empty are left out. */
export function address(
  namespace: string,
  path: string,
  parameters: Record<string, string | number | undefined> = {},
): string {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== '' && value !== undefined,
  );
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/v1/${encodeURIComponent(namespace)}/${path}${query && `?${query}`}`;
}

/** What went wrong, in words for the page. */
export const words = (error: unknown) =>
  error instanceof Refused ? error.message : 'the server does not answer';
