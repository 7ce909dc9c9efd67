import { followers } from './followers.mjs';

followers('Cache Components');
