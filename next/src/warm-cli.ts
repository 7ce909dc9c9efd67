#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { now } from './runtime/clock.js';
import { consoleLog } from './runtime/log.js';
import { misused } from './runtime/misused.js';
import { settingsFrom } from './runtime/settings.js';
import type { Outcome } from './warm-up/outcome.js';
import { DEFAULTS, planOf } from './warm-up/plan.js';
import { visitAll, type Plan } from './warm-up/visits.js';

const USAGE = `Usage: larder-warm URL [--top ${DEFAULTS.top}] [--concurrency ${DEFAULTS.concurrency}] [--within ${DEFAULTS.within}]
                   [--header 'NAME: VALUE' …]

Asks the instance at URL for the paths that its fleet reads most, before it is given readers: waits
until it answers, asks for so many, so many at a time, and ends within so many seconds. LARDER_URL,
LARDER_NAMESPACE and LARDER_TOKEN name the servers, as for the app itself. Ends with 1 only if nothing
could be asked.`;

/** Milliseconds between two lines about progress. */
const SAID_EVERY = 1000;

/** Says what is wrong with how it was called, and ends. */
const wrong = (why: unknown): never => misused('larder-warm', USAGE, why);

/** What is to be done; undefined when only the usage is asked for. */
function called(): Plan | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        top: { type: 'string' },
        concurrency: { type: 'string' },
        within: { type: 'string' },
        header: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    const [url, another] = positionals;
    if (url === undefined) return wrong('expected the URL of an instance');
    if (another !== undefined) return wrong(`unexpected argument '${another}'; expected one URL`);
    const { header, ...rest } = values;
    const numbers = Object.entries(rest).map(([name, text]) => [name, Number(text)]);
    const headers = Object.fromEntries(header.map(headerOf));
    return planOf({ url, headers, ...Object.fromEntries(numbers) });
  } catch (error) {
    return wrong(error);
  }
}

/** A header as it is written on a command line. */
function headerOf(text: string): [string, string] {
  const [, name, value] =
    /^([^:]+):\s*(.*)$/.exec(text) ?? wrong('expected a header as NAME: VALUE');
  return [name!, value!];
}

/** What was done, in a line. */
function lineOf({ paths, warmed, failed, left, seconds }: Outcome): string {
  const numbers = [`${warmed} of ${paths} paths answered`];
  if (failed > 0) numbers.push(`${failed} failed`);
  if (left > 0) numbers.push(`${left} not asked`);
  return `larder-warm: ${numbers.join(', ')} after ${seconds.toFixed(1)} s`;
}

async function main(): Promise<void> {
  const plan = called();
  if (!plan) return console.log(USAGE);
  // Nothing else keeps this process alive while the instance does not answer yet.
  const alive = setInterval(() => {}, SAID_EVERY);
  let said = now();
  const outcome = await visitAll(plan, settingsFrom(process.env, consoleLog()), now, (soFar) => {
    if (now() - said < SAID_EVERY) return;
    said = now();
    console.log(lineOf(soFar));
  });
  clearInterval(alive);
  if (outcome.reason) {
    console.error(`larder-warm: ${outcome.reason}`);
    process.exitCode = 1;
  } else if (outcome.paths === 0) {
    console.log('larder-warm: the servers know of no path that is read; nothing to ask for');
  } else {
    console.log(lineOf(outcome));
  }
}

await main();
