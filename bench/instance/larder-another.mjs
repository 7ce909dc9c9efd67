// One more process as far as the server can tell: a client of its own, with a connection of its own.
import { Client } from '../../next/dist/client/client.js';
import { Events } from '../../next/dist/events/events.js';
import { createHandler } from '../../next/dist/use-cache/handler.js';
import { settingsFrom } from '../../next/dist/runtime/settings.js';
import { Timekeeper } from '../../next/dist/runtime/timekeeper.js';

const log = { notice() {}, error: console.error };

/** A handler with a connection of its own. */
export function another() {
  const [events, time] = [new Events(), new Timekeeper()];
  const client = new Client(settingsFrom(process.env, log), events, log, time.now);
  return createHandler({ client: () => client, events, log, time });
}
