import { signal } from '@preact/signals';

const KEPT = 'larder.token';

/** Kept in this tab only. */
export const token = signal(sessionStorage.getItem(KEPT) ?? '');

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

export function useToken(secret: string): void {
  token.value = secret.trim();
  if (token.value) sessionStorage.setItem(KEPT, token.value);
  else sessionStorage.removeItem(KEPT);
  locked.value = '';
}

/** Sends a request; notes whether the server is there, and whether it wants another token. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const sent = token.value;
  if (sent) headers.set('authorization', `Bearer ${sent}`);
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit' });
  } catch (error) {
    if (!init.signal?.aborted) goneSince.value ||= Date.now();
    throw error;
  }
  goneSince.value = 0;
  if (answer.ok) return answer;
  const message = await refusal(answer);
  if (answer.status === 401 && sent === token.value) {
    locked.value = sent
      ? 'The server does not know this token, or it has expired.'
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
