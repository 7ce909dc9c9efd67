/** Milliseconds by which moments of two processes of one machine may differ. */
const BLUR = 2;

/** The versions of the origin's data an entry was made from, by tag. */
export type Versions = Readonly<Record<string, number>>;

/**
 * What a member of the fleet saw. Moments are milliseconds of a clock all members share; one that is
 * a promise's is not before the promise, and one of a reader not after it began.
 */
export type Observation =
  | {
      /** Whoever begins after `from` is given entries of at least this version of the tag. */
      readonly what: 'acknowledged';
      readonly who: string;
      readonly tag: string;
      readonly version: number;
      readonly from: number;
      /** Whether older entries are served until then, by a deadline. */
      readonly soft: boolean;
    }
  | {
      readonly what: 'given';
      readonly who: string;
      readonly key: string;
      readonly began: number;
      /** Milliseconds this reader may be behind what others have invalidated. */
      readonly behind: number;
      readonly versions: Versions;
    }
  | {
      /** A call ended, which may take no longer than `bound` milliseconds. */
      readonly what: 'ended';
      readonly who: string;
      readonly call: string;
      readonly took: number;
      readonly bound: number;
    };

type Acknowledged = Extract<Observation, { what: 'acknowledged' }>;
type Given = Extract<Observation, { what: 'given' }>;

/**
 * Who sees everything in a fleet of real processes: the truth of the origin, every acknowledged
 * invalidation and what it promises, every entry that was given, every call. It is told in any
 * order, and says at the end which promises were broken. The simulated fleet of `testkit` has one of
 * the same name for the protocol's clients.
 */
export class FleetChecker {
  /** Milliseconds a soft deadline may pass unheeded: it is as exact as the clocks of the servers. */
  static readonly LAG = 1000;

  readonly #origin = new Map<string, number>();
  readonly #promises = new Map<string, Acknowledged[]>();
  readonly #given: Given[] = [];
  readonly #late: string[] = [];
  #acknowledged = 0;

  /** The present versions of the origin's data. */
  versions(tags: readonly string[]): Versions {
    return Object.fromEntries(tags.map((tag) => [tag, this.#origin.get(tag) ?? 0]));
  }

  /** Changes the data of a tag; its new version. */
  edit(tag: string): number {
    const version = (this.#origin.get(tag) ?? 0) + 1;
    this.#origin.set(tag, version);
    return version;
  }

  /** Takes what somebody saw. */
  note(observation: Observation): void {
    if (observation.what === 'given') this.#given.push(observation);
    else if (observation.what === 'acknowledged') this.#promise(observation);
    else if (observation.took > observation.bound) {
      const { who, call, took, bound } = observation;
      this.#late.push(`${who}: ${call} took ${Math.round(took)} ms; ${bound} at most`);
    }
  }

  /** How much was seen. */
  get counts(): { readonly acknowledged: number; readonly given: number } {
    return { acknowledged: this.#acknowledged, given: this.#given.length };
  }

  /** The promises that were broken. */
  get violations(): readonly string[] {
    return [...this.#late, ...this.#given.flatMap((given) => this.#broken(given))];
  }

  #promise(acknowledged: Acknowledged): void {
    this.#acknowledged++;
    const promises = this.#promises.get(acknowledged.tag) ?? [];
    promises.push(acknowledged);
    this.#promises.set(acknowledged.tag, promises);
  }

  #broken(given: Given): string[] {
    return Object.entries(given.versions).flatMap(([tag, version]) => {
      const promise = this.#promises
        .get(tag)
        ?.find((made) => made.version > version && this.#binds(made, given));
      if (!promise) return [];
      const before = Math.round(given.began - promise.from);
      return (
        `${given.who} was given ${given.key} with ${tag} of version ${version}; ${promise.who} ` +
        `was promised version ${promise.version}${promise.soft ? ', softly,' : ''} ${before} ms before`
      );
    });
  }

  /** Whether a promise binds a reader. Its own counts at once. */
  #binds({ who, from, soft }: Acknowledged, given: Given): boolean {
    const behind = who === given.who ? 0 : given.behind;
    return given.began - behind - (soft ? FleetChecker.LAG : 0) > from + BLUR;
  }
}
