/**
 * How a read ended: `near` from this process' memory, `remote` fresh from the server, `stale` to be
 * served and regenerated, `wait` from a generation that was waited for, `miss` to be generated,
 * `bypass` without the server.
 */
export type Outcome = 'near' | 'remote' | 'stale' | 'wait' | 'miss' | 'bypass';

/** What happens in this process, as `onEvent` is told. Keys are the digests that travel. */
export type LarderEvent =
  | {
      readonly type: 'lookup';
      readonly outcome: Outcome;
      readonly key: string;
      /** The path of the page or route that reads, or `''` where Next.js does not tell. */
      readonly path: string;
      /** Those of what was found; none on a miss. */
      readonly tags: readonly string[];
      /** Milliseconds it took. */
      readonly duration: number;
      /** Milliseconds of it spent on another generation of the same entry. */
      readonly waited: number;
      /** In a few words, why. */
      readonly reason: string;
    }
  | {
      readonly type: 'generation';
      /** `failed`: nothing was stored, as the function threw or its entry is never served. */
      readonly outcome: 'queued' | 'failed';
      readonly key: string;
      /** Milliseconds since it began; for one that failed, since Larder was handed it. */
      readonly duration: number;
      readonly bytes: number;
      readonly tags: readonly string[];
      readonly reason: string;
    }
  | {
      /** What became of a generated entry at the server; `dropped` if it was not sent. */
      readonly type: 'put';
      readonly outcome: 'stored' | 'expired' | 'superseded' | 'unstamped' | 'dropped' | 'refused';
      readonly key: string;
      readonly reason: string;
    }
  | {
      readonly type: 'invalidation';
      /** `owed`: not confirmed in time; it is sent again when the server is back. */
      readonly outcome: 'confirmed' | 'owed' | 'refused';
      readonly tags: readonly string[];
      /** Seconds after which the entries expire; 0 is at once. */
      readonly expire: number;
      /** Milliseconds it took. */
      readonly duration: number;
      readonly reason: string;
    }
  | {
      /** What the fleet reads most was loaded into this process, which has just started. */
      readonly type: 'warmed';
      readonly entries: number;
      /** Bytes in the near cache now. */
      readonly bytes: number;
    }
  | {
      readonly type: 'connection';
      readonly state: 'up' | 'down';
      readonly reason: string;
    };

/** Who is told of events. It must not throw; what it throws, or rejects with, is dropped. */
export type Listener = (event: LarderEvent) => void;

/** Tells listeners what happens. */
export class Events {
  readonly #listeners = new Set<Listener>();

  /** Adds a listener; the result removes it. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Whether anybody listens. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells everybody. */
  tell(event: LarderEvent): void {
    if (!this.heard) return;
    // What is kept here is not theirs to change.
    const own = 'tags' in event ? { ...event, tags: [...event.tags] } : event;
    for (const listener of this.#listeners) {
      // A listener's fault must not become a reader's.
      try {
        const told: unknown = listener(own);
        if (told instanceof Promise) told.catch(() => {});
      } catch {}
    }
  }
}

const SHARED = Symbol.for('@larder/next events');

/** The events of this process, whichever copy of this package asks for them. */
export function processEvents(): Events {
  const shared = globalThis as { [SHARED]?: Events };
  return (shared[SHARED] ??= new Events());
}
