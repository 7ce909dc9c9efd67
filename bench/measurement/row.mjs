/**
 * One kind of work, and what is measured while subjects do it. A row is a module in `rows/` whose
 * default export this is; `rows/index.mjs` lists them.
 *
 * @typedef {object} Row
 * @property {string} name what it is called on the command line
 * @property {string} title
 * @property {string} work what is done and how it is measured, in a few sentences of Markdown
 * @property {string[]} [subjects] those it makes sense for, by their names on the command line; all
 *   of them unless given
 * @property {Measure[]} measures
 * @property {(bench: import('./bench.mjs').Bench) => Promise<void>} run does the work, and notes what
 *   came of it in `bench.results`; what it throws ends the row, not the run
 *
 * @typedef {object} Measure
 * @property {string} name unique within the row
 * @property {string} title the head of its column
 * @property {string} unit `ms`, `µs`, `/s`, `B`, `MB`, `s`, `×`, `%` or '' for a count
 * @property {'less' | 'more'} better
 * @property {Target[]} [targets]
 *
 * What is to be reached: the median of `subject` is at most, or at least, `limit` times that of the
 * best of those it is compared with; without `against` the limit is one of the median itself.
 *
 * @typedef {object} Target
 * @property {string} subject by its name on the command line
 * @property {number} limit
 * @property {'peers' | 'coherent peers' | string} [against] the best of the peers, or of those that
 *   never served in the row what had been invalidated; or one subject by its name
 * @property {string} [why] it may not be reached, for the reader of a report in which it is not: a
 *   few sentences of Markdown
 */

export {};
