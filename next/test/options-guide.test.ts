import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settingsFrom } from '../src/runtime/settings.js';
import { RecordingLog } from './support/fixtures.js';

const page = readFileSync(new URL('../../../docs/guide/options.md', import.meta.url), 'utf8');

/** The variables the page lists, each with the first default it names, if it is a value. */
const listed = new Map(
  [...page.matchAll(/^\| `(LARDER_[A-Z_]+)` \| (?:`([^`]+)`)?/gm)].map(
    ([, name, value]) => [name!, value] as const,
  ),
);

test('the page of options lists every variable that is read', () => {
  const read = new Set<string>();
  const env = new Proxy({} as Record<string, string | undefined>, {
    get: (_, name: string) => void read.add(name),
  });
  settingsFrom(env, new RecordingLog());
  const ours = [...read].filter((name) => name.startsWith('LARDER_'));
  assert.deepEqual([...listed.keys()].sort(), [...ours, 'LARDER_DEBUG'].sort());
});

test('the page of options names the defaults there are', () => {
  const log = new RecordingLog();
  const said = Object.fromEntries([...listed].filter(([, value]) => value !== undefined));
  assert.deepEqual(settingsFrom(said, log), settingsFrom({}, log));
  assert.deepEqual(log.lines, []);
});
