import { over } from './server.mjs';

over.store = 'redis';
await import('./guide.test.mjs');
