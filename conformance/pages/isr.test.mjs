import { followers } from './followers.mjs';
import { invalidations } from './invalidations.mjs';
import { joins } from './joins.mjs';

followers('ISR');
invalidations('ISR');
joins('ISR');
