/** What a warm-up came to. */
export interface Outcome {
  /** The paths the fleet reads most, as many as were to be asked for. */
  readonly paths: number;
  /** Of these, those the instance answered. */
  readonly warmed: number;
  /** Those it did not, or with a status of 400 or more. */
  readonly failed: number;
  /** Those there was no time for. */
  readonly left: number;
  readonly seconds: number;
  /** Why nothing could be asked at all; empty if it could. */
  readonly reason: string;
}

/** What comes of a warm-up where there is nothing to do. */
export const NOTHING: Outcome = {
  paths: 0,
  warmed: 0,
  failed: 0,
  left: 0,
  seconds: 0,
  reason: '',
};
