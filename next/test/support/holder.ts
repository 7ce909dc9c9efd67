import { now } from '../../src/clock.js';
import { Client } from '../../src/client.js';
import { createHandler } from '../../src/handler.js';
import { consoleLog } from '../../src/log.js';
import { PATIENT } from './instance.js';
import { settings } from './fixtures.js';

// A process that becomes the one to generate a key and then does nothing: argv is url and key.
const [, , url = '', key = ''] = process.argv;
const log = consoleLog(() => false);
const client = new Client(settings(url, PATIENT), log, now);
const handler = createHandler({ client: () => client, log, clock: now, consumer: () => 'page' });
setInterval(() => {}, 1000);
console.log((await handler.get(key, [])) === undefined ? 'generating' : 'found');
