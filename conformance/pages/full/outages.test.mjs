import { outages } from '../outages.mjs';

for (const app of ['Partial Prefetching', 'Cache Components', 'ISR']) outages(app, ['0', '30000']);
