import { createHash } from 'node:crypto';
import { LIMITS } from './limits.js';

/** What the tags begin with that Next.js derives from a route or a path. */
const DERIVED = '_N_T_/';

/** What the tag of a hash begins with. */
const HASHED = 'larder:long:';

/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const WIDEST = 3;

/*
 * Next.js does not tell the same tag everywhere by the same name.
 *
 * The tags of a page come joined by commas, so a tag with a comma cannot be distinguished from two tags. A page
 * therefore carries, beside each part, each two parts that stand next to each other; of a tag of several
 * parts one such pair is invalidated with it. A pair that goes on with a derived tag is left out: these
 * begin where another tag ends, and there are many.
 *
 * Since 16.3 Next.js encodes what a header cannot hold; before, it does not. A tag too long for the
 * protocol is named by its hash. All of this is a part of the protocol: the server does the same with
 * tags that are invalidated by hand.
 */

/**
 * The tags a list joined by commas may be of. Beside each part that is not empty there are the
 * pairs of neighbours (rule 2 of `docs/protocol.md` §4.1).
 *
 * @param list as Next.js writes it in the header `x-next-cache-tags` of a page
 */
export function joinedTags(list: string): string[] {
  const parts = list.split(',');
  return [...parts.filter((part) => part !== ''), ...pairsOf(parts)];
}

/**
 * All names by which entries may carry a tag that is invalidated; some may be those of others, too.
 * This is rule 3 of `docs/protocol.md` §4.1. The golden vectors of `testkit` hold it to what Java
 * does.
 */
export function namesOf(tag: string): string[] {
  const spellings = new Set([tag, encoded(tag), decoded(tag)].map((one) => one.toWellFormed()));
  const names = [...spellings].flatMap((spelling) => [spelling, ...partOf(spelling)]);
  return [...new Set(names.map(nameOf))];
}

/**
 * The name of a tag in the protocol: itself, unless it is too long or has half a character. Half a
 * character (a lone surrogate) counts as U+FFFD. Too long is more than `LIMITS.tag` bytes of UTF-8:
 * that name is a hash of them.
 */
export function nameOf(tag: string): string {
  if (!tag.isWellFormed()) return nameOf(tag.toWellFormed());
  if (tag.length * WIDEST <= LIMITS.tag || Buffer.byteLength(tag) <= LIMITS.tag) return tag;
  return HASHED + createHash('sha256').update(tag).digest('hex');
}

/**
 * A tag as Next.js writes it where it must fit into a header. Everything but tabulator and
 * printable ASCII is percent-encoded as UTF-8, in upper-case hexadecimal.
 */
export function encoded(tag: string): string {
  return tag.toWellFormed().replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}

/** The tag that is encoded as this one; the same where there is none. */
function decoded(tag: string): string {
  return tag.replace(/(?:%[89A-F][0-9A-F])+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** What every page carries that carries a tag of several parts: the longest pair of them. */
function partOf(tag: string): string[] {
  const parts = tag.split(',');
  if (parts.length === 1) return [];
  const pairs = pairsOf(parts);
  if (pairs.length === 0) return [parts.at(-1)!];
  return [pairs.reduce((one, other) => (other.length > one.length ? other : one))];
}

/** Each two neighbours, joined by a comma again, unless the second is derived from a path. */
function pairsOf(parts: readonly string[]): string[] {
  return parts.flatMap((part, at) =>
    at === 0 || part.startsWith(DERIVED) ? [] : [`${parts[at - 1]},${part}`],
  );
}
