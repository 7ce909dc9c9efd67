/**
 * Whether a target was reached.
 *
 * @typedef {import('./row.mjs').Target & { value?: number, rival?: string, ratio?: number,
 *   reached?: boolean }} Verdict `rival` is the id of the best it was compared with and `ratio` what
 *   the target limits; both, and `reached`, are missing where there was nothing to compare
 *
 * @param {import('./row.mjs').Target} target
 * @param {import('./row.mjs').Measure} measure
 * @param {Record<string, import('./statistics.mjs').Summary>} results by subject
 * @param {import('./results.mjs').Contender[]} contenders
 * @returns {Verdict}
 */
export function evaluate(target, { better }, results, contenders) {
  const value = results[target.subject]?.median;
  if (value === undefined) return { ...target };
  const holds = (number) => (better === 'less' ? number <= target.limit : number >= target.limit);
  if (!target.against) return { ...target, value, ratio: value, reached: holds(value) };
  const compared = COMPARED[target.against] ?? (({ id }) => id === target.against);
  const rivals = contenders
    .filter((contender) => compared(contender) && results[contender.id])
    .map(({ id }) => ({ id, median: results[id].median }))
    .sort((one, other) => (one.median - other.median) * (better === 'less' ? 1 : -1));
  if (rivals.length === 0) return { ...target, value };
  const [{ id: rival, median }] = rivals;
  const ratio = value / median;
  return { ...target, value, rival, ratio, reached: holds(ratio) };
}

/**
 * What a row came to, with a verdict on each target that it has by now.
 *
 * @param {import('./results.mjs').Outcome} outcome
 * @param {import('./row.mjs').Row} row
 */
export function evaluated(outcome, row) {
  const measures = outcome.measures.map((measure) => {
    const { targets = [] } = row.measures.find(({ name }) => name === measure.name) ?? {};
    const verdicts = targets.map((target) =>
      evaluate(target, measure, measure.results, outcome.subjects),
    );
    return { ...measure, verdicts };
  });
  return { ...outcome, measures };
}

/** Whether a handler never served in this row what had been invalidated; false when unknown. */
export function isCoherent({ coherence, wrong }) {
  return coherence !== undefined && coherence.stale === 0 && wrong === 0;
}

const COMPARED = {
  peers: ({ kind }) => kind === 'peer',
  'coherent peers': (contender) => contender.kind === 'peer' && isCoherent(contender),
};
