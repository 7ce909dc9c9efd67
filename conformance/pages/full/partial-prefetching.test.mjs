import { followers } from '../followers.mjs';
import { invalidations } from '../invalidations.mjs';

followers('Partial Prefetching');
invalidations('Partial Prefetching');
