import { cacheLife, cacheTag } from 'next/cache';

const expire = 86_400;

/** The tag of an item. */
export const tagOf = (id) => `item:${id}`;

/** What the origin says of an item. An id such as `60-17` is fresh for 60 s. */
export async function getItem(id) {
  'use cache';
  cacheTag(tagOf(id));
  cacheLife({ stale: 300, revalidate: freshFor(id), expire });
  return asked(id);
}

/** The same, kept by `fetch`. */
export function fetchItem(id) {
  return asked(id, { next: { revalidate: freshFor(id), tags: [tagOf(id)] } });
}

/** Seconds. */
const freshFor = (id) => Number.parseInt(id, 10);

async function asked(id, options) {
  const answer = await fetch(`${process.env.BENCH_ORIGIN}/items/${id}`, options);
  if (!answer.ok) throw new Error(`the origin answered ${answer.status} for ${id}`);
  return answer.json();
}
