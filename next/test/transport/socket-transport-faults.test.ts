import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import { answer, HISTORY } from '../support/fake-server.js';
import { AT_ONCE, block, clientOf, content, fakeServer, look, timed } from '../support/fixtures.js';

const KEY = keyOf('k');

test('an idle link that falls silent is noticed and replaced', async (t) => {
  const server = await fakeServer(t);
  server.terms.heartbeat = 200;
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  await log.until('nothing heard');
  assert.equal(client.usable, false);
  await once(server.peer.socket, 'close');
  assert.ok((await timed(() => look(client, KEY, [], AT_ONCE))) < 60);
  server.thaw();
  await server.received('HELLO', 2);
});

test('a silent server costs the first lookups the timeout and the following nothing', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  const first = await timed(() =>
    Promise.all([KEY, keyOf('2')].map((key) => look(client, key, [], AT_ONCE))),
  );
  assert.ok(first >= 80 && first < 400, `${first} ms`);
  for (let n = 0; n < 20; n++) {
    const next = await timed(() => look(client, KEY, [], AT_ONCE));
    assert.ok(next < 60, `${next} ms`);
  }
  server.thaw();
  await log.until('answers again');
  assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
  assert.deepEqual(
    log.notices.map((line) => line.split(' ')[0]),
    ['connected', 'nothing', `${server.url}`],
  );
});

test('a silent server costs one lookup the timeout, however many follow one by one', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  const first = await timed(() => look(client, KEY, [], AT_ONCE));
  assert.ok(first >= 80 && first < 400, `${first} ms`);
  assert.equal(log.notices.length, 2);
  assert.equal(client.usable, false);
  assert.ok((await timed(() => look(client, KEY, [], AT_ONCE))) < 60);
});

test('an event loop blocked by rendering does not make the server look slow', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  server.on('LOOKUP', () =>
    answer({
      operation: 'FRESH',
      current: server.current,
      entry: { revision: 7n, content: content('v') },
    }),
  );
  await look(client, KEY, [], AT_ONCE);
  for (let n = 0; n < 3; n++) {
    const lookup = look(client, KEY, [], AT_ONCE);
    await Promise.resolve();
    setImmediate(() => block(250));
    assert.equal((await lookup).state, 'fresh');
  }
  assert.deepEqual(log.notices.length, 1);
});

test('a slow store opens the breaker although the link is alive, and one answer closes it', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.on('LOOKUP', () => undefined);
  for (let n = 0; n < 3; n++) {
    const spent = await timed(() => look(client, KEY, [], AT_ONCE));
    assert.ok(spent >= 80 && spent < 400, `${spent} ms`);
  }
  assert.ok((await timed(() => look(client, KEY, [], AT_ONCE))) < 60);
  assert.equal(log.notices.length, 1);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 0n }));
  const asked = server.count('LOOKUP');
  while (server.count('LOOKUP') === asked) {
    await look(client, KEY, [], AT_ONCE);
    await new Promise(setImmediate);
  }
  await look(client, KEY, [], AT_ONCE);
  assert.equal(server.count('LOOKUP'), asked + 2);
});

test('a store that is slow at lookups costs no hit of what is kept here', async (t) => {
  for (const transport of ['websocket', 'http'] as const) {
    const server = await fakeServer(t);
    const { client, log } = clientOf(t, server.url, { transport, nearCache: 1 << 20 });
    server.on('LOOKUP', () =>
      answer({
        operation: 'FRESH',
        current: server.current,
        entry: { revision: 7n, content: content('v') },
      }),
    );
    await look(client, KEY);
    server.on('LOOKUP', () => undefined);
    const times: number[] = [];
    const end = now() + 1500;
    while (now() < end) {
      times.push(await timed(() => look(client, keyOf('other'))));
      assert.equal((await look(client, KEY)).state, 'fresh');
      await turn();
    }
    const waited = times.filter((spent) => spent > 60);
    assert.ok(waited.length >= 3 && waited.length <= 6, `${transport}: ${waited}`);
    assert.equal(log.notices.length, 1);
  }
});

test('a connection cut in the middle of a frame is opened again', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  server.on('LOOKUP', (_, peer) => {
    peer.sendBytes(Buffer.from('0000003084000000', 'hex'));
    return undefined;
  });
  assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
  await log.until('cannot read what');
  await server.received('HELLO', 2);
});

test('garbage, text and a connection that just ends are survived', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  const faults: ((peer: typeof server.peer) => void)[] = [
    (peer) => peer.sendBytes(Buffer.from('no frames at all')),
    (peer) => peer.socket.send('text'),
    (peer) => peer.socket.terminate(),
  ];
  for (const [n, fault] of faults.entries()) {
    server.on('LOOKUP', (_, peer) => void fault(peer));
    while (n > 0 && !client.usable) await turn();
    assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
    await server.received('HELLO', n + 2);
  }
});

test('an answer to nobody and an error that answers nothing are survived', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.peer.send(
    { operation: 'PONG', requestId: 4711 },
    { operation: 'ERROR', requestId: 0, code: 'malformed', message: 'what was that' },
  );
  await log.until('what was that');
  assert.equal(client.usable, true);
});

test('a refused connection is explained once and tried again', async (t) => {
  const server = await fakeServer(t);
  server.refuse = 401;
  const { client, log } = clientOf(t, server.url);
  assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
  assert.match(await log.until('401'), /LARDER_TOKEN/);
  server.refuse = undefined;
  await log.until('connected');
  assert.equal(client.usable, true);
  assert.equal(log.notices.length, 2);
});

test('a server that speaks another version is refused with its reason', async (t) => {
  const server = await fakeServer(t);
  server.on('HELLO', () =>
    answer({ operation: 'ERROR', code: 'unsupported-version', message: 'versions 4 and 5' }),
  );
  const { client, log } = clientOf(t, server.url);
  assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
  assert.match(await log.until('versions 4 and 5'), /speaks version 3 of the protocol/);
});

test('a server that greets in another version is named with it', async (t) => {
  const server = await fakeServer(t);
  server.on('HELLO', () => {
    const terms = { current: HISTORY, heartbeat: 1, lease: 1, frameLimit: 1 };
    return answer({ operation: 'WELCOME', version: 4, ...terms, server: 'larder 9.1.0' });
  });
  const { client, log } = clientOf(t, server.url);
  assert.equal((await look(client, KEY, [], AT_ONCE)).state, 'miss');
  assert.match(await log.until('9.1.0'), /speaks version 3 .* larder 9\.1\.0 version 4/);
});

test('a server that greets and then cannot be read is asked ever more rarely, and named once', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url);
  server.on('REFRESH', ({ requestId }, peer) => {
    const unknown = Buffer.from('000000059f00000000', 'hex');
    unknown.writeUInt32BE(requestId, 5);
    peer.sendBytes(unknown);
    return undefined;
  });
  await look(client, KEY, [], AT_ONCE);
  await log.until('cannot read what');
  const spent = await timed(() => server.received('HELLO', 6));
  assert.ok(spent > (100 + 200 + 400 + 800) / 2, `${spent} ms`);
  assert.deepEqual(
    log.notices.map((line) => line.split(' ')[0]),
    ['connected', 'no'],
  );
  server.on('REFRESH', ({ known }) =>
    answer({ operation: 'REFRESHED', current: HISTORY, since: known.revision, invalidations: [] }),
  );
  while (log.notices.length < 3) await log.next();
  assert.match(log.notices[2]!, /^connected/);
  assert.equal(client.usable, true);
});

test('a server that sends what it must not after it has lasted is asked ever more rarely, too', async (t) => {
  const server = await fakeServer(t);
  let skipped = 0;
  const { client } = clientOf(t, server.url, {}, () => now() + skipped);
  server.on('REFRESH', (_, peer) => {
    skipped += 5000;
    return void peer.socket.send('text');
  });
  await look(client, KEY, [], AT_ONCE);
  const spent = await timed(() => server.received('HELLO', 5));
  assert.ok(spent > (100 + 1000 + 2000) / 2, `${spent} ms`);
});

test('a server that is away costs a lookup nothing once that is known, and is found again', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.close();
  await log.until('no connection');
  assert.ok((await timed(() => look(client, KEY, [], AT_ONCE))) < 250);
  for (let n = 0; n < 10; n++) {
    assert.ok((await timed(() => look(client, KEY, [], AT_ONCE))) < 60);
  }
  await server.listen(port);
  await server.received('HELLO', 2);
  await client.invalidate(['t'], 0);
  assert.equal(client.usable, true);
});
