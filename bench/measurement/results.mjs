import { summary } from './statistics.mjs';

/**
 * What a row found out.
 *
 * @typedef {object} Outcome
 * @property {string} name of the row
 * @property {string} title
 * @property {string} work
 * @property {string} date when it was run
 * @property {boolean} quick
 * @property {number} seconds it took
 * @property {string} [failed] why the row as a whole came to nothing
 * @property {Contender[]} subjects
 * @property {(import('./row.mjs').Measure & { results: Record<string, import('./statistics.mjs').Summary
 *   & { samples: number[] }> })[]} measures results by the id of the subject
 * @property {Curve[]} curves
 * @property {string[]} notes sentences for the reader of the report
 *
 * @typedef {object} Contender
 * @property {string} id
 * @property {string} name
 * @property {string} about
 * @property {string} kind
 * @property {string} version
 * @property {number} reads that were checked
 * @property {number} wrong reads that gave what was never stored under that key
 * @property {number} missed reads that gave nothing although there was something
 * @property {import('./probe.mjs').Coherence} [coherence]
 * @property {string} [failed] why it is out
 *
 * @typedef {object} Curve
 * @property {string} name of its file, unique within the report
 * @property {string} title
 * @property {string} x label of the axis, with its unit
 * @property {string} y
 * @property {{ subject: string, points: [number, number][] }[]} series by the name of the subject
 */

/** What a row finds out, collected while it runs. */
export class Results {
  #row;
  #contenders = new Map();
  #samples = new Map();
  #curves = [];
  #notes = [];

  /** @param {import('./row.mjs').Row} row */
  constructor(row) {
    this.#row = row;
    for (const { name } of row.measures) this.#samples.set(name, new Map());
  }

  /**
   * Notes who takes part.
   *
   * @param {{ name: string, about: string, kind: string, version: () => string }} subject
   */
  enter(id, { name, about, kind, version }) {
    if (this.#contenders.has(id)) return;
    const entered = { id, name, about, kind, version: version(), reads: 0, wrong: 0, missed: 0 };
    this.#contenders.set(id, entered);
  }

  /** Notes what one round measured. */
  sample(measure, id, value) {
    if (!Number.isFinite(value)) throw new Error(`${measure} of ${id} was measured as ${value}`);
    const samples = this.#samples.get(measure);
    if (!samples) throw new Error(`the row ${this.#row.name} has no measure ${measure}`);
    samples.set(id, [...(samples.get(id) ?? []), value]);
  }

  /** Notes how many reads were checked, and what they came to. */
  checked(id, { reads = 0, wrong = 0, missed = 0 }) {
    const contender = this.#contenders.get(id);
    contender.reads += reads;
    contender.wrong += wrong;
    contender.missed += missed;
  }

  /** Notes whether what was invalidated was still served; undefined if that cannot be said of it. */
  coherence(id, coherence) {
    const contender = this.#contenders.get(id);
    const { coherence: before } = contender;
    if (!coherence || !before) contender.coherence = coherence;
    else {
      contender.coherence = {
        tried: before.tried + coherence.tried,
        stale: before.stale + coherence.stale,
        longest: Math.max(before.longest, coherence.longest),
        wrong: before.wrong + coherence.wrong,
      };
    }
  }

  /** Notes why a subject is out. */
  failed(id, why) {
    this.#contenders.get(id).failed = why;
  }

  /** @param {Curve} curve to be plotted */
  curve(curve) {
    this.#curves.push(curve);
  }

  /** Notes a sentence for the report. */
  note(sentence) {
    this.#notes.push(sentence);
  }

  /** @returns {Pick<Outcome, 'subjects' | 'measures' | 'curves' | 'notes'>} */
  collected() {
    const subjects = [...this.#contenders.values()];
    const measures = this.#row.measures.map((measure) => {
      const results = Object.fromEntries(
        [...this.#samples.get(measure.name)].map(([id, samples]) => [
          id,
          { ...summary(samples), samples },
        ]),
      );
      return { ...measure, results };
    });
    return { subjects, measures, curves: this.#curves, notes: this.#notes };
  }
}
