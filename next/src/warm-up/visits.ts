import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WARM_UP_HEADER } from '../host/request.js';
import type { Clock } from '../runtime/clock.js';
import { pathsOfFleet, type Servers } from './fleet-paths.js';
import { get, type Asking } from './get.js';
import type { Outcome } from './outcome.js';

/** Milliseconds a Larder server has to say which paths are read. */
const PATIENCE = 2000;

/** Milliseconds between two attempts to reach the app. */
const ATTEMPTS = 100;

/** A status from here on is a failure: the page was not rendered, or is none. */
const FAILED = 400;

/** How an instance is warmed up. */
export interface Plan {
  /** The address of the instance, without a path. */
  readonly url: URL;
  /** How many of the hottest paths it is asked for. */
  readonly top: number;
  /** How many at a time. */
  readonly concurrency: number;
  /** Seconds all of it may take. */
  readonly within: number;
  /** What each request says beside that it warms up, by the names of headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks an instance for the paths that its fleet reads most, the hottest first, once it answers.
 * Nobody waits longer than the plan says, whatever does not answer.
 *
 * @param said is told what was done so far, after each path
 */
export async function visitAll(
  { url, top, concurrency, within, headers }: Plan,
  servers: Servers,
  clock: Clock,
  said: (outcome: Outcome) => void = () => {},
): Promise<Outcome> {
  const began = clock();
  const signal = AbortSignal.timeout(within * 1000);
  const done = { paths: 0, warmed: 0, failed: 0 };
  const outcome = (reason = ''): Outcome => ({
    ...done,
    left: done.paths - done.warmed - done.failed,
    seconds: (clock() - began) / 1000,
    reason,
  });
  let paths: readonly string[];
  try {
    const asking = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    paths = await pathsOfFleet(servers, top, asking);
  } catch (error) {
    return outcome((error as Error).message);
  }
  done.paths = paths.length;
  if (paths.length === 0) return outcome();
  if (!(await reached(url, signal))) return outcome(`${url.origin} does not answer`);
  const asking = { headers: { ...headers, [WARM_UP_HEADER]: '1' }, signal };
  let next = 0;
  const visitor = async (): Promise<void> => {
    while (next < paths.length && !signal.aborted) {
      const warmed = await visited(url, paths[next++]!, asking);
      if (signal.aborted) return;
      done[warmed ? 'warmed' : 'failed']++;
      said(outcome());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, visitor));
  return outcome();
}

/** Whether the instance answered with something that is no failure. */
async function visited(url: URL, path: string, asking: Asking): Promise<boolean> {
  // Not resolved against the address: a path that begins with two slashes would name another host.
  const address = new URL(url.origin + path);
  try {
    return (await get(address, asking)).status < FAILED;
  } catch {
    return false;
  }
}

/** Waits until somebody listens there; false where nobody does in time. */
async function reached(url: URL, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await listens(url, signal)) return true;
    await pause(ATTEMPTS, undefined, { ref: false, signal }).catch(() => {});
  }
  return false;
}

function listens({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect(Number(port) || (protocol === 'https:' ? 443 : 80), host);
    const end = (connected: boolean) => (): void => {
      signal.removeEventListener('abort', gaveUp);
      socket.destroy();
      resolve(connected);
    };
    const gaveUp = end(false);
    signal.addEventListener('abort', gaveUp, { once: true });
    socket.once('connect', end(true)).on('error', gaveUp);
  });
}
