import { unstable_cache } from 'next/cache';
import { printed } from './printed';

/** What the pages show, by what it is of. Its tag is its name. */
export function value(name) {
  return unstable_cache(printed, ['value', name], { tags: [name, 'all'], revalidate: 3600 })();
}
