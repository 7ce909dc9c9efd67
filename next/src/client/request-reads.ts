import type { Client } from './client.js';
import type { Reading } from '../near/coherence.js';
import type { WorkStore } from '../host/next-context.js';

/**
 * Where a request of Next.js carries its reading: a `WeakMap` of all would be the collector's work.
 */
const READING = Symbol('larder reading');

interface Reader extends WorkStore {
  [READING]?: Reading;
}

/**
 * The requests of this process that read, so that all reads of one are as current as it is. Where
 * the request is known, its reading is kept with it and ends with it.
 */
export class RequestReads {
  readonly #request: () => Reader | undefined;
  /** The request that began last, where it is not known which one reads. */
  #latest: Reading | undefined;

  /** @param request the request in whose context it is called, if it is known */
  constructor(request: () => WorkStore | undefined) {
    this.#request = request;
  }

  /**
   * Begins a request that reads, unless it has begun. Where it is not known, every call begins
   * one.
   */
  begin(client: Client): void {
    const request = this.#request();
    if (!request) this.#latest = client.begin();
    else if (!request[READING] && Object.isExtensible(request)) request[READING] = client.begin();
  }

  /** The request that reads; one of its own for a read that belongs to none. */
  current(client: Client): Reading {
    const request = this.#request();
    return (request ? request[READING] : this.#latest) ?? client.begin();
  }

  /** The request that reads, which begins with this read if it has not begun. */
  joined(client: Client): Reading {
    const request = this.#request();
    if (!request) return client.begin();
    this.begin(client);
    return this.current(client);
  }
}
