import { outages } from './outages.mjs';
import { states } from './server-states.mjs';

/** Those that differ most. `full/` has all of them, and all apps; another line of Next.js has all of this one. */
const SOME = ['never there', 'killed', 'frozen', 'full'];

// The setting Next.js urges, in which it cannot make a fallback shell itself; and nothing kept is served.
outages(
  'Partial Prefetching',
  ['0'],
  states.filter((state) => process.env.PAGES_NEXT || SOME.includes(state)),
);
