import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { later } from '../runtime/turn.js';
import { withoutQuery } from '../wire/label.js';
import { LIMITS } from '../wire/limits.js';

/** The header of a request that warms up: nobody reads what it asks for. */
export const WARM_UP_HEADER = 'larder-warm-up';

/** What can be asked for again as it is: visible ASCII. */
export const ASKABLE = /^\/[\x21-\x7e]*$/;

/** What Next.js serves beside pages and routes: files, images, data for a page. */
const BESIDE = /\/_next\//;

/** Milliseconds after an answer in which what was generated for it may still arrive. */
const ARRIVING = 50;

/*
 * Next.js does not tell its handlers when it will not generate what it was told is missing: a render
 * throws, a shell is served in place of the page that was looked for, a response turns out not to be
 * one that is cached. What it cannot but do is to end its answer, or to look for the next thing. Node.js
 * tells of each request an HTTP server of this process receives, and its AsyncLocalStorage tells which
 * of them a lookup belongs to.
 */

/**
 * What something ends with: the answer of a request, or what is rendered for it behind that, if
 * anything.
 */
export type End = 'answer' | 'render';

/** What is read of a request. */
type Received = Pick<IncomingMessage, 'rawHeaders' | 'url'> & {
  readonly method?: string | undefined;
};

/** What is read of a response, and watched. */
type Response = Pick<ServerResponse, 'once' | 'closed' | 'writableFinished' | 'setHeader'>;

/**
 * A request this process answers, and what ends with it. It keeps the request and its response
 * alive for as long as Next.js' context of it lives.
 */
export class ServedRequest {
  readonly #request: Received;
  readonly #response: Response;
  readonly #tasks: Record<End, (() => void)[]> = { answer: [], render: [] };
  #read = false;
  #watched = false;
  #ending = false;
  #behind = false;

  /**
   * @param request its headers are read when they are asked for
   * @param response watched from the first `whenOver` on
   */
  constructor(request: Received, response: Response) {
    this.#request = request;
    this.#response = response;
  }

  /** What was asked for, without its query. */
  get path(): string {
    return withoutQuery(this.#request.url ?? '');
  }

  /**
   * The path that somebody reads by this request, the first time it is asked for; then undefined,
   * so that whoever counts needs not remember. Undefined, too, where nobody reads a path that could
   * be asked for again: for another method than GET, and for a warm-up.
   */
  takeRead(): string | undefined {
    if (this.#read) return undefined;
    this.#read = true;
    if (this.#request.method !== 'GET' || this.#sent(WARM_UP_HEADER).length > 0) return undefined;
    const { path } = this;
    if (path.length > LIMITS.path || !ASKABLE.test(path) || BESIDE.test(path)) return undefined;
    return path;
  }

  /** Whether a browser goes from one page to another, and wants the data of a page in place of a page. */
  get navigates(): boolean {
    return this.#sent('rsc').length > 0 && this.#sent('next-router-prefetch').length === 0;
  }

  /**
   * Whether a browser only fetches ahead what it may show later. Next.js and browsers say so in a
   * header.
   */
  get prefetches(): boolean {
    const purposes = this.#sent('purpose');
    return purposes.includes('prefetch') || this.#sent('next-router-prefetch').includes('1');
  }

  /** The values of a header as they were sent: Next.js takes some out of those it hands on. */
  #sent(name: string): string[] {
    const { rawHeaders } = this.#request;
    return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === name);
  }

  /** Notes that Next.js may render on when it has answered. */
  rendersBehind(): void {
    this.#behind = true;
  }

  /**
   * Has `task` run when nothing can come of this request any more: a moment after it is answered,
   * or once what is rendered behind the answer is. Next.js renders on for whoever goes away before:
   * then a moment after it begins to answer all the same.
   *
   * Where it is over already, nothing is run: who asks then asks for something else.
   *
   * @param task run once; it must not throw
   */
  whenOver(end: End, task: () => void): void {
    if (end === 'answer' || !this.#behind) {
      if (this.#response.closed && this.#response.writableFinished) return;
      this.#watch();
    }
    this.#tasks[end].push(task);
  }

  /** What was rendered for this request has arrived. */
  rendered(): void {
    this.#end('render');
  }

  /** Waits for the answer to be written, once. */
  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    const closed = (): void => {
      if (this.#response.writableFinished) this.#answeredSoon();
      else this.#watchAnswerOfNobody();
    };
    if (this.#response.closed) closed();
    else this.#response.once('close', closed);
  }

  /**
   * No event says what is written when nobody reads, but that of an end, and Next.js does not
   * always come to that. It sets headers before: of the page it has rendered, or of the error.
   */
  #watchAnswerOfNobody(): void {
    const response = this.#response;
    const { setHeader } = response;
    response.setHeader = (...header) => {
      this.#answeredSoon();
      return setHeader.apply(response, header);
    };
    response.once('prefinish', () => this.#answeredSoon());
  }

  /** The answer is over a moment from now, unless that is planned. */
  #answeredSoon(): void {
    if (this.#ending) return;
    this.#ending = true;
    later(ARRIVING, () => {
      this.#ending = false;
      this.#answered();
    });
  }

  #answered(): void {
    this.#end('answer');
    if (!this.#behind) this.#end('render');
  }

  /** Runs what was to be run then, once. */
  #end(end: End): void {
    for (const task of this.#tasks[end].splice(0)) task();
  }
}

const exchanges = new AsyncLocalStorage<ServedRequest>();

/**
 * The request in whose context this is called; undefined for one that came before `watchRequests`.
 */
export function currentRequest(): ServedRequest | undefined {
  return exchanges.getStore();
}

/**
 * Watches what this process receives over HTTP/1. To be called once in a process. It sets the
 * context of everything a request does, and is never undone.
 */
export function watchRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    exchanges.enterWith(new ServedRequest(request, response));
  });
}
