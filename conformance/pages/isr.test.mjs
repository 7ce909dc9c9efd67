import { followers } from './followers.mjs';
import { forms } from './forms.mjs';
import { invalidations } from './invalidations.mjs';
import { joins } from './joins.mjs';

followers('ISR');
invalidations('ISR');
joins('ISR');
forms('ISR');
