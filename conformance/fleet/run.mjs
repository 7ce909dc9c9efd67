import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Finding, NotSupported } from './finding.mjs';
import { Fleet, moduleFor } from './fleet.mjs';
import { Unanswered } from './instance.mjs';

/**
 * What came of a scenario.
 *
 * @typedef {{ group: string, sentence: string, source: string, ms: number,
 *   outcome: 'held' | 'failed' | 'not supported' | 'not tried', observed?: string,
 *   trace?: string }} Result `not tried` where the machine or the suite was at fault
 */

// A scenario that fails leaves requests behind that nobody waits for.
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Unanswered) && !(error instanceof Finding)) throw error;
});

/**
 * Plays scenarios with a subject, one after the other: those for an interface it is wired for.
 *
 * @param {import('../subjects/subject.mjs').Subject} subject
 * @param {import('./scenario.mjs').Scenario[]} scenarios
 * @param {(result: Result) => void} report called with each result
 * @returns {Promise<void>} done when everything it started has ended
 * @throws {Error} when the subject cannot be deployed
 */
export async function run(subject, scenarios, report) {
  const directory = mkdtempSync(join(tmpdir(), 'larder-conformance-'));
  mkdirSync(join(directory, 'store'));
  const deployment = await subject.deploy(join(directory, 'store'));
  // What an instance leaves behind when it is killed goes with the rest.
  deployment.environment = { ...deployment.environment, CONFORMANCE_DIRECTORY: directory };
  const stage = new Stage(deployment);
  try {
    for (const scenario of scenarios) {
      if (moduleFor(deployment, scenario.needs)) report(await play(stage, scenario));
    }
  } finally {
    await stage.clear();
    await deployment.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The fleet on which scenarios are played; the next one gets the same unless it needs another. */
class Stage {
  #deployment;
  #fleet;
  #kind;

  /** @param {import('../subjects/subject.mjs').Deployment} deployment what its instances run */
  constructor(deployment) {
    this.#deployment = deployment;
  }

  /**
   * The fleet for a scenario of these needs, at its beginning.
   *
   * @param {import('./scenario.mjs').Needs} needs
   * @returns {Promise<Fleet>} rejects when an instance does not start
   */
  async fleet(needs) {
    const { next, interface: spoken } = needs;
    const kind = JSON.stringify({ next, spoken });
    if (needs.fresh || kind !== this.#kind) await this.clear();
    if (!this.#fleet) {
      this.#kind = kind;
      const fleet = new Fleet(this.#deployment, needs);
      await fleet.start();
      this.#fleet = fleet;
    }
    this.#fleet.begin();
    return this.#fleet;
  }

  /** Ends the fleet there is, so that the next scenario gets another. */
  async clear() {
    const fleet = this.#fleet;
    this.#fleet = undefined;
    await fleet?.stop();
  }
}

/**
 * Plays one scenario; never rejects. What it did to its processes ends with it.
 *
 * @param {Stage} stage
 * @param {import('./scenario.mjs').Scenario} scenario
 * @returns {Promise<Result>}
 */
async function play(stage, { group, sentence, source, needs, play }) {
  const began = performance.now();
  const result = { group, sentence, source, outcome: 'held' };
  let fleet;
  try {
    fleet = await stage.fleet(needs);
    await play(fleet);
  } catch (error) {
    Object.assign(result, outcomeOf(error));
    if (!(error instanceof NotSupported)) {
      result.trace = [fleet?.a, fleet?.b].map((one) => one?.transcript).join('\n');
    }
  }
  // What a scenario did to its processes must not be held against the next one.
  if (result.outcome === 'failed' || result.outcome === 'not tried' || needs.fresh)
    await stage.clear();
  else await fleet?.end();
  result.ms = performance.now() - began;
  return result;
}

/**
 * What an error says of a scenario: that it does not hold, that it cannot be tried, or that it was
 * not tried.
 *
 * @param {Error} error what playing it threw
 * @returns {Pick<Result, 'outcome' | 'observed'>}
 */
function outcomeOf(error) {
  const { message: observed } = error;
  if (error instanceof NotSupported) return { outcome: 'not supported', observed };
  const seen = error instanceof Finding || error instanceof Unanswered;
  return { outcome: seen ? 'failed' : 'not tried', observed };
}
