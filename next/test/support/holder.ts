import { Client } from '../../src/client.js';
import { Events } from '../../src/events.js';
import { createHandler } from '../../src/handler.js';
import { consoleLog } from '../../src/log.js';
import type { Settings } from '../../src/settings.js';
import { Timekeeper } from '../../src/timekeeper.js';
import { PATIENT } from './instance.js';
import { settings } from './fixtures.js';

// A process that becomes the one to generate a key and then does nothing: argv is urls, key and
// transport.
const [, , url = '', key = '', transport = 'websocket'] = process.argv;
const log = consoleLog();
const events = new Events();
const time = new Timekeeper();
const urls = url.split(',');
const way = transport as Settings['transport'];
const told = settings(url, { ...PATIENT, urls, transport: way });
const client = new Client(told, events, log, time.now);
const handler = createHandler({
  client: () => client,
  events,
  log,
  time,
  consumer: () => 'page',
});
setInterval(() => {}, 1000);
console.log((await handler.get(key, [])) === undefined ? 'generating' : 'found');
