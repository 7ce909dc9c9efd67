import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Build } from '../../src/route/build.js';
import { notePoint } from '../../src/route/note-point.js';
import { RecordingLog } from '../support/fixtures.js';
import { buildDirectory } from '../support/route-instance.js';

/** Has a build ask a server that answers as `listener` does. */
async function noted(t: TestContext, listener: RequestListener | undefined) {
  const directory = buildDirectory(t);
  const log = new RecordingLog();
  let url = 'http://127.0.0.1:9';
  if (listener) {
    const server = createServer(listener).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const env = { LARDER_URL: url, LARDER_NAMESPACE: 'shop', LARDER_TOKEN: 'secret' };
  await notePoint(dirname(directory), env, log);
  return { directory, log, point: await Build.in(directory)!.point() };
}

test('a build notes where the namespace stands, beside the pages of both routers', async (t) => {
  const asked: unknown[] = [];
  const { directory, point } = await noted(t, (request, response) => {
    asked.push([request.url, request.headers.authorization]);
    response.end('{"namespace":"shop","identity":"fedcba9876543210","revision":42}');
  });
  assert.deepEqual(asked, [['/v1/shop', 'Bearer secret']]);
  assert.deepEqual(point, { identity: 0xfedcba9876543210n, revision: 42n });
  const [app, pages] = ['app', 'pages'].map((router) =>
    readFileSync(join(directory, router, '.larder.json'), 'utf8'),
  );
  assert.equal(app, pages);
});

test('a namespace nobody has used leaves no note, and no complaint', async (t) => {
  const { log, point } = await noted(t, (_, response) => response.writeHead(404).end());
  assert.equal(point, undefined);
  assert.deepEqual(log.lines, []);
});

for (const [name, listener] of [
  ['refuses', (_, response) => response.writeHead(401).end()],
  ['says something else', (_, response) => response.end('<html>')],
  ['is not there', undefined],
] satisfies [string, RequestListener | undefined][]) {
  test(`a build goes on when the server ${name}`, async (t) => {
    const { log, point } = await noted(t, listener);
    assert.equal(point, undefined);
    assert.match(log.lines.join(), /did not say where shop stands/);
  });
}

test('a build that is not told of a server asks nobody', async (t) => {
  const directory = buildDirectory(t);
  const log = new RecordingLog();
  await notePoint(dirname(directory), {}, log);
  assert.deepEqual(log.lines, []);
  assert.equal(existsSync(join(directory, 'app/.larder.json')), false);
});
