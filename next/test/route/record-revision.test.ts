import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Build } from '../../src/route/build.js';
import { recordRevision } from '../../src/route/record-revision.js';
import { RecordingLog } from '../support/fixtures.js';
import { buildDirectory } from '../support/route-instance.js';

/** Has a build ask a server that answers as `listener` does. */
async function noted(t: TestContext, listener: RequestListener | undefined) {
  const directory = buildDirectory(t);
  const log = new RecordingLog();
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (listener) t.after(() => server.close());
  else await once(server.close(), 'close');
  const env = { LARDER_URL: url, LARDER_NAMESPACE: 'shop', LARDER_TOKEN: 'secret' };
  await recordRevision(dirname(directory), env, log);
  return { directory, log, point: await Build.in(directory)!.point() };
}

test('a build notes where the namespace stands, beside the pages of both routers', async (t) => {
  const asked: unknown[] = [];
  const { directory, log, point } = await noted(t, (request, response) => {
    asked.push([request.url, request.headers.authorization]);
    response.setHeader('content-type', 'application/json');
    response.end('{"namespace":"shop","identity":"fedcba9876543210","revision":42}');
  });
  assert.deepEqual(asked, [['/v1/shop', 'Bearer secret']]);
  assert.deepEqual(point, { identity: 0xfedcba9876543210n, revision: 42n });
  const [app, pages] = ['app', 'pages'].map((router) =>
    readFileSync(join(directory, router, '.larder.json'), 'utf8'),
  );
  assert.equal(app, pages);
  assert.match(log.lines.join(), /count as of revision 42 of shop at http/);
});

test('a namespace nobody has used leaves no note, and no complaint', async (t) => {
  const { log, point } = await noted(t, (_, response) =>
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{}}'),
  );
  assert.equal(point, undefined);
  assert.match(
    log.lines.join(),
    /^the pages of this build count as of the beginning of shop at http/,
  );
});

for (const [name, listener, why] of [
  ['refuses', (_, response) => response.writeHead(401).end(), /401: check LARDER_TOKEN/],
  ['says something else', (_, response) => response.end('<html>'), /200: .*LARDER_URL/],
  ['is another site', (_, response) => response.writeHead(404).end(), /404: .*not a Larder server/],
  [
    'sends it elsewhere',
    (_, response) => response.writeHead(301, { location: 'https://u:p@b/x?y' }).end(),
    /301: it sends us to https:\/\/b, /,
  ],
  ['is not there', undefined, /127\.0\.0\.1:\d+: ECONNREFUSED/],
] satisfies [string, RequestListener | undefined, RegExp][]) {
  test(`a build goes on when the server ${name}, and says why`, async (t) => {
    const { log, point } = await noted(t, listener);
    assert.equal(point, undefined);
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0]!, /did not say where shop stands/);
    assert.match(log.lines[0]!, why);
  });
}

test('a build that knows no server asks nobody', async (t) => {
  const directory = buildDirectory(t);
  const log = new RecordingLog();
  await recordRevision(dirname(directory), {}, log);
  assert.deepEqual(log.lines, []);
  assert.equal(existsSync(join(directory, 'app/.larder.json')), false);
});
