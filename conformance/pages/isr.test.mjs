import { forms } from './forms.mjs';
import { invalidations } from './invalidations.mjs';
import { joins } from './joins.mjs';

invalidations('ISR');
joins('ISR');
forms('ISR');
