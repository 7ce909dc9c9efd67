import {
  LinkFailure,
  type AnswerListener,
  type LinkListener,
  type Patience,
  type Transport,
} from './transport.js';
import type { QueuedPut } from './put-queue.js';
import type { Request } from '../wire/frame.js';

/** What is said of a server that the settings do not name so that it can be used. */
export const UNNAMED = 'no server, as LARDER_URL, LARDER_NAMESPACE or LARDER_TOKEN cannot be used';

/**
 * The way to no server: for a process whose settings do not say which cache is its own. Every
 * request fails at once, and every put counts as done, unsent. `timeout` is 0, because nothing is
 * waited for.
 */
export class NoTransport implements Transport {
  readonly usable = false;
  readonly hopeless = true;
  readonly timeout = 0;

  /** Tells `listener` at once that there is no server, and nothing ever after. */
  constructor(listener: LinkListener) {
    listener.turned('down', UNNAMED);
  }

  greet(): void {}

  async ready(): Promise<boolean> {
    return false;
  }

  async open(): Promise<boolean> {
    return false;
  }

  async moved(): Promise<void> {}

  ask(_request: Request, _patience: Patience, listener: AnswerListener): void {
    listener(new LinkFailure('away', UNNAMED));
  }

  tell(): void {}

  /** Drops it: true, because there is no lack of room. */
  queuePut(queued: QueuedPut): boolean {
    queued.done(false);
    return true;
  }

  end(): void {}
}
