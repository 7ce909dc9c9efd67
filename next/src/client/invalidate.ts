import type { Clock } from '../runtime/clock.js';
import type { Settings } from '../runtime/settings.js';
import { pause } from '../runtime/turn.js';
import { UNNAMED } from '../transport/no-transport.js';
import { answerTo, LinkFailure, type Transport } from '../transport/transport.js';
import type { Answer, AsOf, ErrorName, InvalidationSource } from '../wire/frame.js';

/** Milliseconds for one attempt at an invalidation, at least, and for all of them. */
const ATTEMPT = 1500;

/** Milliseconds for all attempts together. */
const ATTEMPTS = 5000;

/** The errors with which an invalidation is refused for good. */
const FINAL: ReadonlySet<ErrorName> = new Set([
  'malformed',
  'unknown-operation',
  'invalid-value',
  'too-large',
]);

/**
 * An invalidation that was not confirmed in time. It may be durable all the same: only the answer
 * is missing.
 */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

/** An invalidation the server refuses, however often it is sent. Its message is the server's. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * Invalidates entries that carry one of `tags`, at most as many as a frame holds: expired now for
 * `expire` 0, else stale now and expired after so many seconds.
 *
 * It is sent again as long as there is time: one that is made twice costs a generation, and nothing
 * else. After a long outage one attempt has to do.
 *
 * @returns the point in history that it is
 * @throws Unconfirmed when the server did not confirm it in time, `Refused` when it never will
 */
export async function invalidate(
  transport: Transport,
  { urls }: Settings,
  clock: Clock,
  tags: readonly string[],
  expire: number,
  source: InvalidationSource,
): Promise<AsOf> {
  const patience = transport.hopeless ? ATTEMPT : ATTEMPTS;
  const deadline = clock() + patience;
  // An earlier attempt that is confirmed while a later one waits counts as well.
  let late: ((answer: Answer) => void) | undefined;
  const confirmed = new Promise<Answer>((resolve) => {
    late = (answer) => answer.operation === 'INVALIDATED' && resolve(answer);
  });
  let reason = urls.length > 0 ? `no connection to ${urls.join(' or ')}` : UNNAMED;
  for (let left = patience; left > 0; left = deadline - clock()) {
    if (!(await transport.open(left))) break;
    try {
      const attempt = Math.min(left, Math.max(ATTEMPT, transport.timeout));
      const asked = answerTo(
        { operation: 'INVALIDATE', tags, expire, source },
        { turns: attempt, most: attempt, steadfast: true, ...(late && { late }) },
        transport,
      );
      asked.catch(() => {});
      const answer = await Promise.race([asked, confirmed]);
      if (answer.operation === 'INVALIDATED') return answer.asof;
      reason = answer.operation === 'ERROR' ? answer.message : answer.operation;
      if (answer.operation === 'ERROR' && FINAL.has(answer.code)) throw new Refused(reason);
      await pause(ATTEMPT / 6);
    } catch (error) {
      if (error instanceof Refused) throw error;
      reason = error instanceof Error ? error.message : String(error);
      if (!(error instanceof LinkFailure)) throw new Refused(reason);
    }
  }
  throw new Unconfirmed(reason);
}
