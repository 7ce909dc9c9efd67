/**
 * Whether a key of Next.js has a build in it, so that no other build finds what is stored under it.
 * Keys of entries that survive a build have a hash of the code in its place, and those of `next dev`
 * another word.
 *
 * The build is the last part of a key, which only the values of root params may follow; it was the
 * first one once. Where it is not found the entry counts as one of no build, which keeps it for
 * longer, and changes nothing else.
 *
 * @param build of this process; `''` where it is not known
 */
export function isOfBuild(cacheKey: string, build: string): boolean {
  if (build === '') return false;
  const name = JSON.stringify(build);
  const last = `,[${name}]]`;
  const at = cacheKey.lastIndexOf(last);
  if (at >= 0) {
    const end = at + last.length;
    if (end === cacheKey.length || cacheKey.startsWith('[[', end)) return true;
  }
  const first = `[${name},"`;
  // A key with more than text in its arguments is a list of fields, and the parts are one of them.
  return cacheKey.startsWith(first) || cacheKey.includes(`:${first}`);
}
