import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ServedRequest } from '../../src/host/request.js';

/** A request that is being answered, for as long as a test wants. */
export class Answering {
  readonly exchange: ServedRequest;
  readonly #response = Object.assign(new EventEmitter(), {
    closed: false,
    writableFinished: false,
    setHeader: () => {},
  });

  /** @param path that is asked for, if that is known */
  constructor(rawHeaders: string[] = [], path?: string) {
    const received = { rawHeaders, method: 'GET', ...(path !== undefined && { url: path }) };
    this.exchange = new ServedRequest(received, this.#response as unknown as ServerResponse);
  }

  /** The answer has been sent. */
  sent(): void {
    this.#response.writableFinished = true;
    this.left();
  }

  /** Whoever asked has gone away, or has everything. */
  left(): void {
    this.#response.closed = true;
    this.#response.emit('close');
  }
}
