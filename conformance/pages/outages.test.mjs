import { outages } from './outages.mjs';

// The setting Next.js urges, in which it cannot make a fallback shell itself; and nothing kept is served.
outages('Partial Prefetching', ['0']);
