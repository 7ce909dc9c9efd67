import { over } from './server.mjs';

over.store = 'redis';
await import('./sdks.test.mjs');
