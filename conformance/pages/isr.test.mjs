import { followers } from './followers.mjs';
import { invalidations } from './invalidations.mjs';

followers('ISR');
invalidations('ISR');
