import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import type { Settings } from '../../src/runtime/settings.js';
import { answer, HISTORY } from '../support/fake-server.js';
import {
  block,
  clientOf,
  content,
  fakeServer,
  look,
  puts,
  stored,
  timed,
} from '../support/fixtures.js';

const KEY = keyOf('k');
/** As patient as a busy machine needs, and as a page is. */
const HTTP: Partial<Settings> = { transport: 'http', timeout: 5000 };
const HASTY: Partial<Settings> = { transport: 'http', timeout: 100 };
const held = answer({ operation: 'MISS', current: HISTORY, lease: 0n });
const fresh = answer({
  operation: 'FRESH',
  current: HISTORY,
  entry: { revision: 7n, content: content('v') },
});

test('a silent server costs the first lookups the timeout and the following nothing', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url, HASTY);
  await look(client, KEY);
  server.freeze();
  const first = await timed(() => Promise.all(['1', '2'].map((key) => look(client, keyOf(key)))));
  assert.ok(first >= 80 && first < 400, `${first} ms`);
  assert.equal(client.usable, false);
  const times: number[] = [];
  const end = now() + 2000;
  while (now() < end) {
    times.push(await timed(() => look(client, KEY)));
    await turn();
  }
  const waited = times.filter((spent) => spent > 60);
  assert.ok(waited.length <= times.length / 20, `${waited.length} of ${times.length}: ${waited}`);
  server.thaw();
  await log.until('connected');
  while (!client.usable) await Promise.all([look(client, KEY), turn()]);
  server.on('LOOKUP', () => fresh);
  while ((await look(client, KEY)).state !== 'fresh') await turn();
  assert.deepEqual(
    log.notices.map((line) => line.split(' ')[0]),
    ['connected', 'nothing', 'connected'],
  );
});

test('a server that is away costs a lookup nothing once that is known, and is found again', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, log, emitted } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  await server.close();
  assert.equal((await look(client, KEY)).state, 'miss');
  await log.until('no connection');
  const refused = timed(() => client.invalidate(['t'], 0)).catch(() => 'unconfirmed');
  for (let n = 0; n < 20; n++) assert.ok((await timed(() => look(client, KEY))) < 60);
  await server.listen(port);
  assert.ok(typeof (await refused) === 'number');
  assert.equal(client.usable, true);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal(puts(emitted, 'stored'), 1);
});

test('an answer that comes too late is noticed, and the lease it brings is given back', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, HASTY);
  await look(client, KEY);
  server.freeze();
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 77n }));
  assert.equal((await look(client, KEY)).leased, false);
  server.thaw();
  const [release] = await server.received('RELEASE');
  assert.equal(release!.lease, 77n);
  assert.equal(client.usable, true);
});

test('an invalidation that could not be confirmed is delivered when the server is back', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, log } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  await server.close();
  await assert.rejects(client.invalidate(['owed'], 0), /could not invalidate/);
  await server.listen(port);
  while (!client.usable) await Promise.all([look(client, KEY), turn()]);
  await log.until('are confirmed');
  assert.deepEqual((await server.received('INVALIDATE'))[0]!.tags, ['owed']);
});

test('a history that was lost is noticed, also when it only went back', async (t) => {
  for (const current of [
    { identity: 99n, revision: 7n },
    { ...HISTORY, revision: 3n },
  ]) {
    const server = await fakeServer(t);
    server.on('LOOKUP', () => fresh);
    const { client } = clientOf(t, server.url, { ...HTTP, nearCache: 1 << 20 });
    await look(client, KEY);
    await look(client, KEY);
    assert.deepEqual([client.near.entries, server.count('LOOKUP')], [1, 1]);
    server.current = current;
    server.on('LOOKUP', () => held);
    assert.equal((await look(client, KEY)).state, 'miss');
    assert.equal(client.near.entries, 0);
    await client.take(KEY, Promise.resolve(stored()));
    assert.deepEqual((await server.received('PUT'))[0]!.asof, current);
  }
});

test('an event loop blocked by rendering does not make the server look slow', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => fresh);
  const { client, log } = clientOf(t, server.url, HASTY);
  await look(client, KEY);
  for (let n = 0; n < 3; n++) {
    const lookup = look(client, KEY);
    await turn();
    setImmediate(() => block(250));
    assert.equal((await lookup).state, 'fresh');
  }
  assert.equal(log.notices.length, 1);
});

for (const host of ['127.0.0.1', '::1']) {
  test(`a connection to ${host} that ended without a word is replaced within the same lookup`, async (t) => {
    const server = await fakeServer(t);
    server.on('LOOKUP', () => fresh);
    // Lets one request through each connection, and then resets it as soon as it is used again.
    const relay = createServer((near) => {
      let used = false;
      near
        .on('error', () => {})
        .on('data', (bytes) => {
          if (used) return void near.resetAndDestroy();
          used = true;
          void fetch(`${server.url}/v1/test/batch`, {
            method: 'POST',
            body: bytes.subarray(bytes.indexOf('\r\n\r\n') + 4),
          })
            .then((response) => response.arrayBuffer())
            .then((body) => {
              near.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.byteLength}\r\n\r\n`);
              near.write(Buffer.from(body));
            });
        });
    }).listen(0, host);
    await once(relay, 'listening');
    t.after(() => relay.close());
    const { port } = relay.address() as { port: number };
    const { client, log } = clientOf(
      t,
      `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      HTTP,
    );
    // Several connections are kept, each of which has ended when it is used again.
    const looking = [];
    for (let n = 0; n < 3; n++) {
      looking.push(look(client, KEY));
      await turn();
    }
    for (const { state } of await Promise.all(looking)) assert.equal(state, 'fresh');
    for (let n = 0; n < 3; n++) assert.equal((await look(client, KEY)).state, 'fresh');
    assert.equal(log.notices.length, 1);
    client.end();
  });
}

test('a refusal is explained once, and tried again', async (t) => {
  const server = await fakeServer(t);
  server.refuse = 401;
  const { client, log } = clientOf(t, server.url, HTTP);
  assert.equal((await look(client, KEY)).state, 'miss');
  assert.match(await log.until('401'), /LARDER_TOKEN/);
  server.refuse = undefined;
  while (!client.usable) await Promise.all([look(client, KEY), turn()]);
  assert.equal(log.notices.length, 2);
});

test('a body somebody on the way refuses is not taken for the end of the server', async (t) => {
  const server = await fakeServer(t);
  const { client, log, emitted } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  server.refuse = 413;
  await client.take(KEY, Promise.resolve(stored()));
  server.refuse = undefined;
  await log.until('takes no larger body');
  assert.equal(puts(emitted, 'dropped'), 1);
  assert.equal(client.usable, true);
});

test('another version, garbage and an answer cut short are survived', async (t) => {
  const faults = [
    [
      'versions 4 and 5',
      answer({ operation: 'ERROR', code: 'unsupported-version', message: 'versions 4 and 5' }),
    ],
    ['unexpected', answer({ operation: 'PONG' })],
  ] as const;
  for (const [what, reply] of faults) {
    const server = await fakeServer(t);
    server.on('HELLO', () => reply);
    const { client, log } = clientOf(t, server.url, HTTP);
    assert.equal((await look(client, KEY)).state, 'miss');
    await log.until(what);
  }
  const server = await fakeServer(t);
  server.on('HELLO', () => {
    const terms = { current: HISTORY, heartbeat: 1, lease: 1, frameLimit: 1 };
    return answer({ operation: 'WELCOME', version: 4, ...terms, server: 'larder 9.1.0' });
  });
  const { client, log } = clientOf(t, server.url, HTTP);
  assert.equal((await look(client, KEY)).state, 'miss');
  assert.match(await log.until('9.1.0'), /speaks version 3 .* larder 9\.1\.0 version 4/);
  for (const body of ['no frames at all', '']) {
    const relay = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n${body}`);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    t.after(() => relay.close());
    const { port } = relay.address() as { port: number };
    const { client, log } = clientOf(t, `http://127.0.0.1:${port}`, HTTP);
    assert.equal((await look(client, KEY)).state, 'miss');
    await log.until('no connection');
  }
});

test('a server whose answers cannot be read is hardly asked any more, and named once', async (t) => {
  const server = await fakeServer(t);
  const unknown = Buffer.from('000000059f00000000', 'hex');
  server.spoil = (bytes, operations) =>
    operations.includes('REFRESH') ? Buffer.concat([bytes, unknown]) : bytes;
  const { client, log } = clientOf(t, server.url, HTTP);
  const end = now() + 1500;
  while (now() < end) await Promise.all([look(client, KEY), turn()]);
  assert.equal(server.count('HELLO'), 1);
  assert.equal(client.usable, false);
  assert.equal(log.notices.length, 1);
  assert.match(log.notices[0]!, /^no connection to .* cannot read what .* sends/);
});

test('a process that was frozen does not blame the server for what it missed', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => fresh);
  const child = spawn(process.execPath, ['--input-type=module', '-e', FROZEN, server.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout.on('data', (text) => said.push(...String(text).trim().split('\n')));
  const hears = async (text: string): Promise<void> => {
    while (!said.includes(text)) await once(child.stdout, 'data');
  };
  await hears('fresh');
  const received = server.paths.length;
  server.freeze();
  child.stdin.write('go\n');
  while (server.paths.length === received) await turn();
  child.kill('SIGSTOP');
  // Longer than a turn may be excused for; the answer is in the socket when the process goes on.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const asked = server.count('LOOKUP');
  server.thaw();
  await server.received('LOOKUP', asked + 1);
  child.kill('SIGCONT');
  await hears('answered fresh, usable true');
});

test('nothing keeps a process alive, and nothing is left to do between requests', async (t) => {
  const server = await fakeServer(t);
  for (const [url, did] of [
    [server.url, 'generated, kept v, invalidated; nothing left to do'],
    ['http://127.0.0.1:1', 'generated, kept v, not invalidated; nothing left to do'],
  ] as const) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', REQUEST], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { LARDER_URL: url, LARDER_TIMEOUT: '5000', AWS_LAMBDA_FUNCTION_NAME: 'shop' },
    });
    t.after(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (text) => (said += String(text)));
    const spent = await timed(async () => assert.deepEqual(await once(child, 'exit'), [0, null]));
    assert.ok(spent < 15_000, `${spent} ms`);
    assert.equal(said.trim().split('\n').at(-1), did);
  }
});

const PRELUDE = `
  import { Client } from ${JSON.stringify(new URL('../../src/client/client.js', import.meta.url).href)};
  import { Events } from ${JSON.stringify(new URL('../../src/events/events.js', import.meta.url).href)};
  const log = { notice() {}, error() {} };
  const settings = {
    urls: [process.argv[1]], namespace: 'n', timeout: 100, wait: 0, nearCache: 0, warm: 0, staleness: 0,
    outageStaleness: 0, transport: 'http',
  };
  const clock = () => performance.timeOrigin + performance.now();
  const client = new Client(settings, new Events(), log, clock);
  const options = { wait: 0, freshOnly: false, generation: 1 };
  const look = () => client.lookup({ bytes: Buffer.of(1), id: '01' }, [], options);
`;

/** A request as Next.js makes it, in a process that has nothing else to do. */
const REQUEST = `
  const started = new Set();
  const watch = (start, clear, once) => {
    const begin = globalThis[start];
    const end = globalThis[clear];
    globalThis[start] = (task, ...rest) => {
      const timer = begin((...given) => {
        if (once) started.delete(timer);
        task(...given);
      }, ...rest);
      started.add(timer);
      return timer;
    };
    globalThis[clear] = (timer) => {
      started.delete(timer);
      end(timer);
    };
    return [begin, end];
  };
  const [begin, end] = watch('setTimeout', 'clearTimeout', true);
  watch('setInterval', 'clearInterval', false);
  const { default: handler } = await import(
    ${JSON.stringify(new URL('../../src/cache-handlers.js', import.meta.url).href)}
  );
  const alive = begin(() => {}, 60_000);
  const get = async () => {
    await handler.refreshTags();
    const entry = await handler.get('k', []);
    return entry && new Response(entry.value).text();
  };
  const generated = (await get()) === undefined ? 'generated' : 'found';
  const timestamp = performance.timeOrigin + performance.now();
  const value = new Blob(['v']).stream();
  const life = { stale: 30, revalidate: 60, expire: 3600 };
  await handler.set('k', Promise.resolve({ value, tags: ['t'], timestamp, ...life }));
  const kept = await get();
  const done = handler.updateTags(['t']);
  const invalidated = await done.then(() => 'invalidated', () => 'not invalidated');
  while (started.size > 0) await new Promise(setImmediate);
  console.log(generated + ', kept ' + kept + ', ' + invalidated + '; nothing left to do');
  end(alive);
`;

const FROZEN = `${PRELUDE}
  const alive = setTimeout(() => {}, 10_000);
  while ((await look()).lookup.state !== 'fresh') await new Promise(setImmediate);
  console.log('fresh');
  process.stdin.once('data', async () => {
    const { lookup } = await look();
    console.log('answered ' + lookup.state + ', usable ' + client.usable);
    process.exit();
  });
`;
