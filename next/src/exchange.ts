import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { later } from './turn.js';

/** Milliseconds after an answer in which what was generated for it may still arrive. */
const ARRIVING = 50;

/*
 * Next.js does not tell its handlers when it will not generate what it was told is missing: a render
 * throws, a shell is served in place of the page that was looked for, a response turns out not to be
 * one that is cached. What it cannot but do is to end its answer, or to look for the next thing. Node.js
 * tells of each request an HTTP server of this process receives, and its AsyncLocalStorage tells which
 * of them a lookup belongs to.
 */

/** What something ends with: the answer of a request, or what is rendered for it behind that, if anything. */
export type End = 'answer' | 'render';

/** A request this process answers, and what ends with it. */
export class Exchange {
  readonly #request: Pick<IncomingMessage, 'rawHeaders'>;
  readonly #response: Pick<ServerResponse, 'once' | 'closed' | 'writableFinished'>;
  readonly #tasks: Record<End, (() => void)[]> = { answer: [], render: [] };
  #watched = false;
  #behind = false;

  constructor(
    request: Pick<IncomingMessage, 'rawHeaders'>,
    response: Pick<ServerResponse, 'once' | 'closed' | 'writableFinished'>,
  ) {
    this.#request = request;
    this.#response = response;
  }

  /** Whether a browser only fetches ahead what it may show later. */
  get prefetches(): boolean {
    const { rawHeaders } = this.#request;
    return rawHeaders.some((value, at) => {
      const name = at % 2 === 0 ? value.toLowerCase() : '';
      if (name === 'purpose') return rawHeaders[at + 1] === 'prefetch';
      return name === 'next-router-prefetch' && rawHeaders[at + 1] === '1';
    });
  }

  /** Notes that Next.js may render on when it has answered. */
  rendersBehind(): void {
    this.#behind = true;
  }

  /**
   * Has `task` run when nothing can come of this request any more: a moment after it is answered, or once
   * what is rendered behind the answer is. Never for whoever goes away before: Next.js renders on, and does
   * not say how that ends.
   */
  whenOver(end: End, task: () => void): void {
    if (end === 'answer' || !this.#behind) {
      if (this.#response.closed) return;
      this.#watch();
    }
    this.#tasks[end].push(task);
  }

  /** What was rendered for this request has arrived. */
  rendered(): void {
    this.#end('render');
  }

  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) return;
      later(ARRIVING, () => this.#answered());
    });
  }

  #answered(): void {
    this.#end('answer');
    if (!this.#behind) this.#end('render');
  }

  #end(end: End): void {
    for (const task of this.#tasks[end].splice(0)) task();
  }
}

const exchanges = new AsyncLocalStorage<Exchange>();

/** The request in whose context this is called; undefined for one that came before `watchExchanges`. */
export function currentExchange(): Exchange | undefined {
  return exchanges.getStore();
}

/** Watches what this process receives over HTTP/1. To be called once in a process. */
export function watchExchanges(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    exchanges.enterWith(new Exchange(request, response));
  });
}
