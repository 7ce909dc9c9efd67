import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answer } from './support/fake-server.js';
import { fakeServer } from './support/fixtures.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** Reads once through the package as it is installed, and says what came of it. */
const APP = `
  import { onEvent } from '@larder/next/events';
  const outcomes = [];
  onEvent((event) => event.type === 'lookup' && outcomes.push(event.outcome));
  const { default: handler } = await import('@larder/next/cache-handlers');
  const api = await import('@opentelemetry/api').catch(({ code }) => code);
  const spans = [];
  const tracer = {
    startSpan(name) {
      spans.push(name);
      return api.trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 });
    },
  };
  if (api.trace) api.trace.setGlobalTracerProvider({ getTracer: () => tracer });
  const alive = setInterval(() => {}, 1000);
  const found = await handler.get('k', []);
  clearInterval(alive);
  const installed = api.trace ? true : api;
  console.log(JSON.stringify({ installed, missed: found === undefined, outcomes, spans }));
`;

/** What APP says in a directory where only `packages` are installed beside this one. */
async function run(t: TestContext, packages: readonly string[]): Promise<unknown> {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 1n }));
  const app = mkdtempSync(join(tmpdir(), 'larder-app-'));
  t.after(() => rmSync(app, { recursive: true, force: true }));
  for (const part of ['dist', 'package.json']) {
    cpSync(join(PACKAGE, part), join(app, 'node_modules/@larder/next', part), { recursive: true });
  }
  for (const name of packages) {
    const [from, to] = [PACKAGE, app].map((root) => join(root, 'node_modules', name));
    cpSync(from!, to!, { recursive: true });
  }
  writeFileSync(join(app, 'app.mjs'), APP);
  const env = { ...process.env, LARDER_URL: server.url, LARDER_TIMEOUT: '5000' };
  const child = spawn(process.execPath, ['app.mjs'], { cwd: app, env, stdio: 'pipe' });
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.doesNotMatch(complained, /error/i);
  return JSON.parse(said);
}

test('where OpenTelemetry is not installed, everything else works', async (t) => {
  const said = { installed: 'ERR_MODULE_NOT_FOUND', missed: true, outcomes: ['miss'], spans: [] };
  assert.deepEqual(await run(t, ['ws']), said);
});

test('where it is installed, the process records through it', async (t) => {
  const said = { installed: true, missed: true, outcomes: ['miss'], spans: ['larder.lookup'] };
  assert.deepEqual(await run(t, ['ws', '@opentelemetry/api']), said);
});
