import { followers } from '../followers.mjs';

followers('ISR');
