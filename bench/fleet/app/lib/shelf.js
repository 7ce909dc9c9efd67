/** How many items are read for a page of many. */
export const MANY = 20;

/** How many items there are, and pages of many of them. */
export const ITEMS = 1000;
export const SHELVES = 100;

/** The id of an item. It says for how many seconds it is fresh: 20 to 60, so that not all are due together. */
export const itemId = (number) => `${20 + ((number * 7) % 41)}-${number}`;

/** The ids of the items of a page of many: a part of them are on other pages, too. */
export function shelf(number) {
  return Array.from({ length: MANY }, (_, place) => itemId((number * 13 + place * 37) % ITEMS));
}
