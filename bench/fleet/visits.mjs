import { setTimeout as pause } from 'node:timers/promises';
import { ITEMS, MANY, SHELVES, itemId } from './app/lib/shelf.js';
import { edited, staleness } from './steady.mjs';
import { zipf } from './zipf.mjs';

/** Seeds of what is visited, and of what is edited: the same for everybody. */
const VISITS = 2200;
const EDITS = 1901;

/** Milliseconds between two edits. */
const EDIT_EVERY = 2000;

/** Of ten visits, the pages that are asked for: one, many, one, … */
const PAGES = ['page', 'many', 'page', 'isr', 'page', 'many', 'page', 'fetched', 'page', 'page'];

/**
 * One visit of a page.
 *
 * @typedef {object} Visit
 * @property {number} asked when, as `performance.now` has it
 * @property {number} reads how many cached reads the page is made of
 * @property {number} [ms] it took to the last byte
 * @property {{ id: string, version: number }[]} [items] on the page
 * @property {Error} [failure] why there was no page
 */

/**
 * People who visit pages of a fleet at a steady rate, all instances in turn, and somebody who edits an item
 * every two seconds. It goes on while instances come and go, until it is stopped.
 */
export class Visits {
  /** @type {Visit[]} */ #visits = [];
  #edits = [];
  #running = new Set();
  #fleet;
  #going = true;
  #ended;

  /**
   * Begins.
   *
   * @param {import('./fleet.mjs').Fleet} fleet
   * @param {number} rate visits of a second
   */
  constructor(fleet, rate) {
    this.#fleet = fleet;
    this.#ended = this.#go(rate);
  }

  /** Ends, once all is answered. */
  async stop() {
    this.#going = false;
    await this.#ended;
    await Promise.all(this.#running);
  }

  /**
   * What came of the visits between two moments, once they are answered.
   *
   * @param {number} from as `performance.now` has it
   * @param {number} to
   */
  between(from, to) {
    const during = (moment) => moment >= from && moment < to;
    const visits = this.#visits.filter(({ asked }) => during(asked));
    const edits = this.#edits.filter(({ at }) => during(at));
    const answered = visits.filter(({ items }) => items);
    const failed = [...visits, ...edits].filter(({ failure }) => failure);
    return {
      reads: visits.reduce((sum, { reads }) => sum + reads, 0),
      latencies: answered.map(({ ms }) => ms).toSorted((a, b) => a - b),
      failures: failed.length,
      firstFailure: failed[0]?.failure.message,
    };
  }

  /** How many items were shown that were older than what had been acknowledged, of how many, and by how much. */
  staleness() {
    const reads = this.#visits.flatMap(({ asked, items = [] }) =>
      items.map(({ id, version }) => ({ id, version, asked })),
    );
    return { reads: reads.length, ...staleness(reads, this.#edits) };
  }

  async #go(rate) {
    const nextItem = zipf(ITEMS, VISITS);
    const nextShelf = zipf(SHELVES, VISITS + 1);
    const nextEdit = zipf(ITEMS, EDITS);
    const began = performance.now();
    for (let [visited, edited] = [0, 0]; this.#going; await pause(1)) {
      const passed = performance.now() - began;
      for (; visited < (passed * rate) / 1000; visited++) {
        const kind = PAGES[visited % PAGES.length];
        const many = kind === 'many';
        const number = many ? nextShelf() : itemId(nextItem());
        this.#run(this.#visit(`/${kind}/${number}`, many ? MANY : 1));
      }
      for (; (edited + 1) * EDIT_EVERY < passed; edited++)
        this.#run(this.#edit(itemId(nextEdit())));
    }
  }

  #run(task) {
    this.#running.add(task);
    task.finally(() => this.#running.delete(task));
  }

  /** The instance whose turn it is. */
  #next(turn) {
    const { all } = this.#fleet.instances;
    return all[turn % all.length];
  }

  async #visit(path, reads) {
    const visit = { asked: performance.now(), reads };
    this.#visits.push(visit);
    try {
      const items = await this.#next(this.#visits.length).page(path);
      if (items.length !== reads)
        throw new Error(`${path} shows ${items.length} items, not ${reads}`);
      visit.items = items;
    } catch (error) {
      visit.failure = error;
    }
    visit.ms = performance.now() - visit.asked;
  }

  #edit(id) {
    const { made, ended } = edited(this.#fleet.origin, this.#next(this.#edits.length + 1), id);
    this.#edits.push(made);
    return ended;
  }
}
