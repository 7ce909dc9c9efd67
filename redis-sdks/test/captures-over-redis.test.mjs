import { over } from './server.mjs';

over.store = 'redis';
await import('./captures.test.mjs');
