/** What the server answers, as far as the page reads it: `docs/protocol.md` §1.4. */

export interface Source {
  action: string;
  path: string;
  instance: string;
  token: string;
  via: string;
}

export interface Invalidation {
  revision: number;
  at: string;
  tags: string[];
  /** `now`, `never`, or until when what has the tags is served stale. */
  expires: string;
  source: Source;
}

export interface NamespaceState {
  namespace: string;
  revision: number;
  floor: number;
  ledger: { tags: number; limit: number };
  entries: number;
  bytes: number;
  dropped: number;
  damaged: number;
  leases: number;
  waiting: number;
  instances: { total: number; behind: number; silent: number };
  savedMillis: number;
  /** What is counted is left out of a namespace that is not told apart from others. */
  lookups?: Record<string, number>;
  puts?: Record<string, number>;
  generations?: { count: number; millis: number; unchanged: number };
  hottest?: { key: string; label: string; path: string; readsPerMinute: number }[];
  costliestTags?: { tag: string; regenerations: number; regenerationMillis: number }[];
  /** How many took how long, by the bounds of the answer. */
  lookupDurations?: number[];
  invalidations?: number;
  promotions?: number;
  exhausted?: number;
  lastInvalidation?: Invalidation;
}

export interface Overview {
  at: string;
  server: {
    version: string;
    java: string;
    startedAt: string;
    uptimeMillis: number;
    heap: { used: number; limit: number };
    /** `bytes` and `limit` are of the entries of an embedded store. */
    store: { kind: string; ready: boolean; bytes?: number; limit?: number };
  };
  /** In s. */
  durationBounds?: number[];
  namespaces: NamespaceState[];
  more: number;
}

export interface ServerEvent {
  number: number;
  at: string;
  kind: string;
  namespace?: string;
  sentence: string;
  details: Record<string, unknown>;
}

export interface Life {
  stale: number | 'never';
  revalidate: number | 'never';
  expire: number | 'never';
}

export interface Mark {
  tag: string;
  soft: boolean;
  revision: number;
  expires: string;
}

/** An entry, without its value; of one that is missing there are only key, state and sentence. */
export interface Entry {
  key: string;
  state: 'fresh' | 'stale' | 'expired' | 'missing';
  sentence?: string;
  label?: string;
  kind?: string;
  build?: string;
  instance?: string;
  generationMillis?: number;
  revision?: number;
  generatedAt?: string;
  ageMillis?: number;
  life?: Life;
  bytes?: number;
  tags?: string[];
  tagCount?: number;
  readsPerMinute?: number | 'unknown';
  /** How often it was generated again in the last ten to twenty minutes. */
  regenerations?: number;
  /** How many of these came to what was stored before. */
  unchanged?: number;
  cause?: string;
  marks?: Mark[];
  invalidation?: Invalidation;
}

export interface Instance {
  instance: string;
  host: string;
  pid: number;
  client: string;
  framework: string;
  runtime: string;
  build: string;
  consistency: string;
  transport: string;
  via: string;
  protocol: number;
  since: string;
  heardAt: string;
  reports: boolean;
  revision: number;
  behind: number;
  lookups?: Record<string, number>;
  savedMillis?: number;
  near?: { entries: number; bytes: number; limit: number };
}

export interface TagRow {
  tag: string;
  entries: number;
  bytes: number;
  /** What its invalidations made necessary in the last ten to twenty minutes. */
  regenerations: number;
  regenerationMillis: number;
  lastInvalidation?: Omit<Invalidation, 'tags'>;
}

export interface Build {
  build: string;
  instances: number;
  entries: number;
  bytes: number;
  firstSeen: string;
  lastSeen: string;
  lookups?: Record<string, number>;
}

export interface Lease {
  key: string;
  path: string;
  holder: string;
  here: boolean;
  since: string;
  heldMillis: number;
  waiting: number;
}

/** Whose session, or token, a request comes with. */
export interface Who {
  id: string;
  role: string;
  namespaces: '*' | string[];
}
