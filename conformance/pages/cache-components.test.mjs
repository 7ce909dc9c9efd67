import { followers } from './followers.mjs';
import { invalidations } from './invalidations.mjs';

followers('Cache Components');
invalidations('Cache Components');
