import { followers } from './followers.mjs';
import { invalidations } from './invalidations.mjs';
import { joins } from './joins.mjs';

followers('Cache Components');
invalidations('Cache Components');
joins('Cache Components');
