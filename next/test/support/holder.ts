import { createHandler } from '../../src/use-cache/handler.js';
import { consoleLog } from '../../src/runtime/log.js';
import type { Settings } from '../../src/runtime/settings.js';
import { PATIENT } from './instance.js';
import { processParts, settings } from './fixtures.js';

// A process that becomes the one to generate a key and then does nothing: argv is urls, key and
// transport.
const [, , url = '', key = '', transport = 'websocket'] = process.argv;
const urls = url.split(',');
const way = transport as Settings['transport'];
const told = settings(url, { ...PATIENT, urls, transport: way });
const handler = createHandler(processParts(told, consoleLog()));
setInterval(() => {}, 1000);
console.log((await handler.get(key, [])) === undefined ? 'generating' : 'found');
