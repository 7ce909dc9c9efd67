import { besideRender } from '../host/next-context.js';

/**
 * How a read ended: `near` from this process' memory, `remote` fresh from the server, `stale` to be
 * served and regenerated, `wait` from a generation that was waited for, `miss` to be generated,
 * `bypass` without the server.
 */
export type Outcome = 'near' | 'remote' | 'stale' | 'wait' | 'miss' | 'bypass';

/**
 * What happens in this process, as `onEvent` is given it. Keys are the digests that travel: 64
 * hexadecimal digits, from which no argument can be read. Durations are milliseconds, with
 * fractions; reasons are for people and may change.
 */
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
      /** Bytes of the value; 0 where nothing was stored. */
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
      /**
       * `up`: a server is reached. `down`: none is, or it has fallen silent. Told when it changes.
       */
      readonly state: 'up' | 'down';
      readonly reason: string;
    };

/**
 * Called with each event. It must not throw; what it throws, or rejects with, is dropped. It is
 * called in the turn of the event loop in which the thing happens.
 */
export type Listener = (event: LarderEvent) => void;

/**
 * What copies of this package share in a process, also those of other versions, each with its own
 * code: nothing but plain data.
 */
export interface Audience {
  readonly listeners: Set<Listener>;
  /** What was last emitted of the connection. */
  connection?: LarderEvent;
}

/** Tells listeners what happens. */
export class Events {
  readonly #audience: Audience;

  /** @param audience one for a whole process, or one of its own in a test */
  constructor(audience: Audience = { listeners: new Set() }) {
    this.#audience = audience;
  }

  /**
   * Adds a listener, which learns at once how the connection is; the result removes it. The same
   * function added twice is called once.
   */
  on(listener: Listener): () => void {
    const { listeners, connection } = this.#audience;
    listeners.add(listener);
    if (connection) call(listener, connection);
    return () => void listeners.delete(listener);
  }

  /** Whether anybody listens. Where nobody does, an event need not be put together. */
  get heard(): boolean {
    return this.#audience.listeners.size > 0;
  }

  /** Calls every listener. A listener may keep the event; tags are copied for that. */
  tell(event: LarderEvent): void {
    if (event.type === 'connection') this.#audience.connection = event;
    if (!this.heard) return;
    // What is kept here is not theirs to change.
    const own = 'tags' in event ? { ...event, tags: [...event.tags] } : event;
    besideRender(() => {
      for (const listener of this.#audience.listeners) call(listener, own);
    });
  }
}

/** Calls one listener. Its fault must not become a reader's, or the connection's. */
function call(listener: Listener, event: LarderEvent): void {
  try {
    const returned: unknown = listener(event);
    if (returned) Promise.resolve(returned).catch(() => {});
  } catch {}
}

const SHARED = Symbol.for('@larder/next audience');

/** The events of this process, whichever copy of this package asks for them. */
export function processEvents(): Events {
  const shared = globalThis as { [SHARED]?: Audience };
  return new Events((shared[SHARED] ??= { listeners: new Set() }));
}
