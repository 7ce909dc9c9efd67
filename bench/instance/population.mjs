/**
 * Entries of one kind, by number.
 *
 * @typedef {object} Population
 * @property {string} name the first part of the names of its entries
 * @property {number} count entries
 * @property {number} size bytes of each value
 * @property {string[]} [tags] of each entry, where `#` stands for the number of the entry; three by
 *   default
 */

/** The name of an entry. */
export function nameOf({ name }, index) {
  return `${name}-${index}`;
}

/** The tags of an entry. */
export function tagsOf({ name, tags = [`${name}-all`, `${name}-by-ten`, `${name}-#`] }, index) {
  return tags.map((tag) => tag.replace('#', `${index}`));
}
