import { over } from './server.mjs';

over.store = 'redis';
await import('./contract.test.mjs');
