import { LIMITS } from './limits.js';
import { nameOf } from './tag-names.js';

/** Tags that are looked through one by one rather than put into a set. */
const FEW = 16;

/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const WIDEST = 3;

/**
 * The soft tags of a lookup as they travel, or undefined when there are too many. More than
 * `LIMITS.tags` of them cannot travel in one LOOKUP, and none may be left out.
 */
export function softTagList(tags: readonly string[]): readonly string[] | undefined {
  const named = tagList(tags);
  return named.length <= LIMITS.tags ? named : undefined;
}

/**
 * Whether an entry may have these tags: they are not too many, and come to no more bytes than may
 * be.
 */
export function fitEntry(tags: readonly string[]): boolean {
  if (tags.length <= LIMITS.tags) return true;
  const bytes = tags.reduce((sum, tag) => sum + Buffer.byteLength(tag), 0);
  return tags.length <= LIMITS.entryTags && bytes <= LIMITS.entryTagBytes;
}

/**
 * The names of tags without empty ones and repetitions. The given list itself where nothing is to
 * be done, which is nearly always: it must not be changed afterwards.
 */
export function tagList(tags: readonly string[]): readonly string[] {
  if (tags.length <= FEW && tags.every(isOrdinary)) return tags;
  return [...new Set(tags.filter((tag) => tag !== '').map(nameOf))];
}

/** Whether a tag is beyond doubt within its limit, and the first of its name. */
function isOrdinary(tag: string, at: number, tags: readonly string[]): boolean {
  const fits = tag !== '' && tag.length * WIDEST <= LIMITS.tag && tag.isWellFormed();
  return fits && tags.indexOf(tag) === at;
}
