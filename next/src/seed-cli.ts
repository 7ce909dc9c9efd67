#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from './client.js';
import { now } from './clock.js';
import { Events } from './events.js';
import { consoleLog } from './log.js';
import { UNNAMED } from './nowhere.js';
import { Build } from './route/build.js';
import { sowAll } from './route/sow-all.js';
import { settingsFrom } from './settings.js';

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

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dist: { type: 'string', default: '.next' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(USAGE);
  const app = resolve(positionals[0] ?? '.');
  const build = Build.in(join(app, values.dist, 'server'));
  if (!build) refuse(`there is no build in ${join(app, values.dist)}; run next build first`);

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
  const { put, passed } = await sowAll(client, build, now);
  console.log(
    `larder-seed: ${put} pages of build ${build.id} are in ${settings.namespace}` +
      `, ${passed} were there or had expired${dated ? '' : ' (the build is not dated)'}`,
  );
  clearInterval(alive);
  client.end();
}

await main().catch((error: unknown) => refuse(String(error)));
