#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from './client/client.js';
import { now } from './runtime/clock.js';
import { Events } from './events/events.js';
import { consoleLog } from './runtime/log.js';
import { misused } from './runtime/misused.js';
import { UNNAMED } from './transport/no-transport.js';
import { Build } from './route/build.js';
import { seedAll } from './route/seed-build.js';
import { settingsFrom } from './runtime/settings.js';

const USAGE = `Usage: larder-seed [directory] [--dist .next]

Puts the pages that next build rendered into Larder, ahead of a deployment. The directory is that of
the app; LARDER_URL, LARDER_NAMESPACE and LARDER_TOKEN name the server, as for the app itself.`;

/** Milliseconds the server has to be reached, and to answer. */
const PATIENCE = 10_000;

/** Says what is wrong, and ends. */
function refuse(why: string): never {
  console.error(`larder-seed: ${why}`);
  process.exit(1);
}

/** Says what is wrong with how it was called, and ends. */
const wrong = (why: unknown): never => misused('larder-seed', USAGE, why);

/** Where the app is, and its build in it; undefined when only the usage is asked for. */
function called(): { app: string; dist: string } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        dist: { type: 'string', default: '.next' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [directory = '.', another] = positionals;
    if (another !== undefined) wrong(`unexpected argument '${another}'; expected one directory`);
    return values.help ? undefined : { app: resolve(directory), dist: values.dist };
  } catch (error) {
    return wrong(error);
  }
}

/**
 * Connects, waits until a point in history is known, and puts what the build rendered. Ends with 1
 * where that cannot be done, with 2 where it was called wrongly.
 */
async function main(): Promise<void> {
  const where = called();
  if (!where) return console.log(USAGE);
  const { app, dist } = where;
  const build = Build.in(join(app, dist, 'server'));
  if (!build) refuse(`there is no build in ${join(app, dist)}; run next build first`);

  const log = consoleLog();
  const settings = { ...settingsFrom(process.env, log), timeout: PATIENCE, nearCache: 0, warm: 0 };
  if (settings.urls.length === 0) refuse(UNNAMED);
  const client = new Client(settings, new Events(), log, now);
  // A client keeps no process alive.
  const alive = setInterval(() => {}, PATIENCE);
  const deadline = now() + PATIENCE;
  while (!(await client.begin().refreshed()) && now() < deadline) await pause(100);
  if (!client.informed) refuse(`${settings.urls.join(' or ')} was not reached`);
  const dated = (await build.point()) !== undefined;
  const { put, passed } = await seedAll(client, build, now);
  console.log(
    `larder-seed: ${put} pages of build ${build.id} are in ${settings.namespace}` +
      `, ${passed} were there or had expired${dated ? '' : ' (the build is not dated)'}`,
  );
  clearInterval(alive);
  client.end();
}

await main().catch((error: unknown) => refuse(String(error)));
