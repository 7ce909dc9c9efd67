import { over } from './server.mjs';

over.store = 'cluster';
await import('./sdks.test.mjs');
