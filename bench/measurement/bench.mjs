import { probe } from './probe.mjs';
import { Results } from './results.mjs';
import { Testbed } from './testbed.mjs';

/** How long things take in a quick run and in a full one. */
const PACE = {
  quick: { rounds: 3, window: 200, runIn: 100, warmUp: { ms: 500, least: 4000 }, probes: 3 },
  full: { rounds: 7, window: 750, runIn: 300, warmUp: { ms: 3000, least: 30_000 }, probes: 10 },
  tiny: { rounds: 1, window: 50, runIn: 10, warmUp: { ms: 50, least: 0 }, probes: 1 },
};

/** What a row has to work with. */
export class Bench {
  /** Whether it is to take minutes rather than as long as it needs. */
  quick;
  /** What to note in what came of it. @type {Results} */ results;
  /**
   * How much of everything: rounds, milliseconds of measuring in each (`window`), and of the same work
   * right before that (`runIn`), since whoever waited for the turns of all others has cold caches and
   * memory to find again; milliseconds and reads before the first round (`warmUp`), and how often
   * coherence is tried (`probes`). Reads are counted since code is compiled by how often it ran, and
   * whoever is slow would otherwise stay so.
   */
  pace;
  #subjects;
  #progress;

  /**
   * @param {import('./row.mjs').Row} row
   * @param {Record<string, import('../subjects/index.mjs').Subject>} subjects that take part
   * @param {'quick' | 'full' | 'tiny'} pace
   * @param {import('./progress.mjs').Progress} progress
   */
  constructor(row, subjects, pace, progress) {
    this.quick = pace !== 'full';
    this.pace = PACE[pace];
    this.results = new Results(row);
    this.#subjects = subjects;
    this.#progress = progress;
  }

  /** The subjects that take part, by id. */
  get subjects() {
    return this.#subjects;
  }

  /** Says what is going on, on the one line of progress. */
  say(what) {
    this.#progress.say(what);
  }

  /**
   * Sets subjects up, lets `work` use them, and takes them down again.
   *
   * @param {(testbeds: Testbed[]) => Promise<void>} work
   * @param {{ only?: string[], environment?: (id: string, subject:
   *   import('../subjects/index.mjs').Subject) => Record<string, string> | undefined }} how `only`
   *   these of the subjects that take part, each with `environment` in its instances
   */
  async with(work, { only = Object.keys(this.#subjects), environment = () => ({}) } = {}) {
    const ids = Object.keys(this.#subjects).filter((id) => only.includes(id));
    const testbeds = ids.map((id) => new Testbed(id, this.#subjects[id]));
    try {
      for (const testbed of testbeds) {
        this.say(`start ${testbed.subject.name}`);
        await testbed.attempt(async () => {
          this.results.enter(testbed.id, testbed.subject);
          await testbed.start(environment(testbed.id, testbed.subject));
        });
      }
      await work(testbeds);
    } finally {
      for (const { id, failure } of testbeds) if (failure) this.results.failed(id, failure);
      this.say('stop everything');
      await Promise.all(testbeds.map((testbed) => testbed.stop().catch(() => {})));
    }
  }

  /**
   * Lets subjects do something in turn, again and again: A B C A B C …
   *
   * @param {Testbed[]} testbeds
   * @param {string} what is done, for the line of progress
   * @param {(testbed: Testbed, round: number) => Promise<void>} work one round of one subject; what it
   *   throws puts the subject out
   */
  async interleave(testbeds, what, work, rounds = this.pace.rounds) {
    for (let round = 0; round < rounds; round++) {
      for (const testbed of testbeds) {
        if (testbed.failure) continue;
        this.say(`${what}: round ${round + 1} of ${rounds}, ${testbed.subject.name}`);
        await testbed.attempt(() => work(testbed, round));
      }
    }
  }

  /** Does something once with each subject, which is not measured. */
  async each(testbeds, what, work) {
    await this.interleave(testbeds, what, work, 1);
  }

  /** Sees whether what is invalidated on A of each subject is still served on B, and notes it. */
  async probe(testbeds) {
    await this.each(testbeds, 'coherence', async (testbed) => {
      this.results.coherence(testbed.id, await probe(testbed, this.pace.probes));
    });
  }
}
