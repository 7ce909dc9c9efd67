import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, test, type TestContext } from 'node:test';
import { currentRequest, watchRequests, type ServedRequest } from '../../src/host/request.js';
import { Answering } from '../support/answering.js';
import { until } from '@larder/harness/until';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function serverOf(t: TestContext, listener: Listener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return server;
}

function ask(server: Server, headers: Record<string, string> = {}): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) =>
    get({ port, host: '127.0.0.1', headers, agent: false }, (answer) =>
      answer.resume().on('end', resolve),
    ).on('error', reject),
  );
}

before(() => watchRequests());

test('whatever is done for a request knows which one that is', async (t) => {
  const seen: (ServedRequest | undefined)[][] = [];
  const server = await serverOf(t, (_, response) => {
    const before = currentRequest();
    setImmediate(() => {
      seen.push([before, currentRequest()]);
      response.end();
    });
  });
  await Promise.all([ask(server), ask(server)]);
  assert.equal(currentRequest(), undefined);
  const [[a, later], [b]] = seen as [ServedRequest[], ServedRequest[]];
  assert.ok(a && b && a === later && a !== b);
});

test('a request is over when its answer has been sent', async (t) => {
  const over = new Promise<boolean>((resolve) => {
    void serverOf(t, (_, response) => {
      currentRequest()!.whenOver('answer', () => resolve(response.writableFinished));
      response.end('answer');
    }).then(ask);
  });
  assert.equal(await over, true);
});

test('a request says whether a browser only fetches ahead', async (t) => {
  const seen: boolean[] = [];
  const server = await serverOf(t, (request, response) => {
    // Next.js takes some of them away.
    for (const name of Object.keys(request.headers)) delete request.headers[name];
    seen.push(currentRequest()!.prefetches);
    response.end();
  });
  for (const headers of [
    {},
    { 'next-router-prefetch': '1' },
    { purpose: 'prefetch' },
    { 'x-a': 'purpose' },
  ]) {
    await ask(server, headers);
  }
  assert.deepEqual(seen, [false, true, true, false]);
});

test('who goes away does not end what is done for it', () => {
  const answering = new Answering();
  let ended = 0;
  answering.exchange.whenOver('answer', () => ended++);
  answering.left();
  assert.equal(ended, 0);
});

/** How Next.js ends with a request whose asker has gone: with a page nobody reads, or with an error. */
const FOR_NOBODY: Readonly<Record<string, Listener>> = {
  'a page': (_, response) => response.setHeader('content-type', 'text/html'),
  'an error'(_, response) {
    response.statusCode = 500;
    response.end('no');
  },
};

for (const [what, answer] of Object.entries(FOR_NOBODY)) {
  test(`a request nobody waits for any more is over when ${what} would have been sent`, async (t) => {
    let ended = 0;
    const left = new Promise<() => void>((resolve) => {
      void serverOf(t, (request, response) => {
        const exchange = currentRequest()!;
        exchange.whenOver('answer', () => ended++);
        response.once('close', () => {
          exchange.whenOver('answer', () => ended++);
          resolve(() => answer(request, response));
        });
        request.socket.destroy();
      }).then((server) => ask(server).catch(() => {}));
    });
    const end = await left;
    assert.equal(ended, 0);
    end();
    await until(
      () => `2 have ended, not ${ended}`,
      () => ended === 2,
    );
  });
}

test('what is rendered behind an answer ends with its page', async () => {
  const answering = new Answering();
  const ended: string[] = [];
  answering.exchange.whenOver('answer', () => ended.push('answer'));
  answering.exchange.whenOver('render', () => ended.push('render'));
  answering.exchange.rendersBehind();
  answering.sent();
  await until('the answer is over', () => ended.length > 0);
  assert.deepEqual(ended, ['answer']);
  answering.exchange.rendered();
  assert.deepEqual(ended, ['answer', 'render']);
});

test('without such a render everything ends with the answer, each once', async () => {
  const answering = new Answering();
  const ended: string[] = [];
  answering.exchange.whenOver('render', () => ended.push('render'));
  answering.sent();
  await until('the answer is over', () => ended.length > 0);
  answering.exchange.rendered();
  assert.deepEqual(ended, ['render']);
});

test('what somebody reads is told once, as a path that can be asked for again', async (t) => {
  const read: (string | undefined)[][] = [];
  const server = await serverOf(t, (_, response) => {
    const request = currentRequest()!;
    read.push([request.takeRead(), request.takeRead()]);
    response.end();
  });
  const { port } = server.address() as AddressInfo;
  const send = (path: string, options: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) =>
      get({ port, host: '127.0.0.1', path, agent: false, ...options }, (answer) =>
        answer.resume().on('end', resolve),
      ).on('error', reject),
    );
  await send('/p/%C3%A9?token=secret');
  await send('/p', { method: 'POST' });
  await send('/p', { method: 'HEAD' });
  await send('/p', { headers: { 'Larder-Warm-Up': '1' } });
  await send('/_next/image?url=x');
  await send(`/${'a'.repeat(512)}`);
  await send('http://elsewhere/p');
  const nobody = [undefined, undefined];
  assert.deepEqual(read, [['/p/%C3%A9', undefined], ...Array.from({ length: 6 }, () => nobody)]);
});
