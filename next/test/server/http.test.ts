import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../src/runtime/settings.js';
import { timed } from '../support/fixtures.js';
import { Generation, Instance, ROUTE } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';

const LEASE = 2000;
const HTTP: Partial<Settings> = { transport: 'http', nearCache: 1 << 20 };

const server = new RealServer('--lease', String(LEASE / 1000));
before(() => server.serve());
after(() => server.end());

/** What the server says of the namespace the tests are in. */
async function described(): Promise<{ leases: number; waiting: number }> {
  return (await fetch(`${server.url}/v1/test`)).json() as Promise<{
    leases: number;
    waiting: number;
  }>;
}

test('a function that is killed in the middle of a generation hands its key over at the deadline', async (t) => {
  const a = new Instance(t, server.url, HTTP);
  await a.connected();
  const program = fileURLToPath(new URL('../support/holder.js', import.meta.url));
  const holder = spawn(process.execPath, [program, server.url, 'killed', 'http'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  assert.equal(String(((await once(holder.stdout, 'data')) as [Buffer])[0]).trim(), 'generating');
  const generation = new Generation();
  const waiting = Array.from({ length: 5 }, () => a.read('killed', generation));
  while ((await described()).waiting === 0);
  holder.kill('SIGKILL');
  const spent = await timed(() => generation.running());
  assert.ok(spent < LEASE + 1000, `${spent} ms`);
  generation.end();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['value #1']));
});

test('a generation longer than the lease keeps it, and gives it back when it is done', async (t) => {
  const [a, b] = [new Instance(t, server.url, HTTP), new Instance(t, server.url, HTTP)];
  await Promise.all([a.connected(), b.connected()]);
  const generation = new Generation();
  const read = a.read('long', generation);
  await generation.running();
  const waiting = b.read('long', generation);
  await new Promise((resolve) => setTimeout(resolve, LEASE * 1.5));
  assert.equal(generation.started, 1);
  generation.end();
  assert.deepEqual(await Promise.all([read, waiting]), ['value #1', 'value #1']);
});

test('a wait that is given up is over for the server, too', async (t) => {
  const a = new Instance(t, server.url, HTTP);
  assert.equal(await a.peek('slow'), undefined);
  const b = new Instance(t, server.url, { ...HTTP, wait: 60_000 });
  await b.connected();
  void b.peek('slow');
  while ((await described()).waiting === 0);
  b.leave();
  while ((await described()).waiting > 0);
});

test('what is stored is stored when set is done, whatever becomes of the process then', async (t) => {
  const a = new Instance(t, server.url, HTTP);
  const generation = new Generation();
  const read = a.read('done', generation);
  await generation.running();
  generation.end();
  await read;
  a.leave();
  assert.equal(await new Instance(t, server.url, HTTP).peek('done'), 'value #1');
});

test('an instance without a connection and one with one are one fleet', async (t) => {
  const a = new Instance(t, server.url, HTTP);
  const b = new Instance(t, server.url, { ...HTTP, transport: 'websocket' });
  await Promise.all([a.connected(), b.connected()]);
  for (const [n, [one, other]] of [[a, b] as const, [b, a] as const].entries()) {
    const generation = new Generation();
    const changes = { tags: [`mixed-${n}`] };
    const reads = [one, other].flatMap((instance) =>
      Array.from({ length: 10 }, () => instance.read(`mixed ${n}`, generation, changes)),
    );
    await generation.running();
    generation.end();
    assert.deepEqual(new Set(await Promise.all(reads)), new Set(['value #1']));
    assert.equal(generation.started, 1);
    for (let round = 0; round < 5; round++) {
      await one.fill(`round ${n}`, `v${round}`, changes);
      assert.equal(await other.peek(`round ${n}`), `v${round} #1`);
      assert.equal(await other.peek(`round ${n}`), `v${round} #1`);
      await one.handler.updateTags(changes.tags);
      assert.equal(await other.peek(`round ${n}`, ROUTE), undefined);
      await other.handler.set(`round ${n}`, Promise.reject(new Error('not generated')));
    }
  }
});
