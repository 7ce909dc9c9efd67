import { followers } from '../followers.mjs';

followers('Partial Prefetching');
