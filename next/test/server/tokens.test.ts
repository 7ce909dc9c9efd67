import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { command } from '@larder/harness/larder';
import { until } from '@larder/harness/until';
import type { Client } from '../../src/client/client.js';
import { keyOf } from '../../src/entry/key.js';
import { now } from '../../src/runtime/clock.js';
import { clientOf, look, type RecordingLog } from '../support/fixtures.js';
import { RealServer } from '../support/real-server.js';

// A server with a file of tokens, which `larder token` changes while instances use them.

/** `larder token` for a file of its own, which is removed with the test. */
class Tokens {
  readonly #directory = mkdtempSync(join(tmpdir(), 'larder-tokens-'));
  readonly file = join(this.#directory, 'tokens.json');

  constructor(t: TestContext) {
    t.after(() => rmSync(this.#directory, { recursive: true }));
  }

  /** What a command prints, once it has succeeded. */
  async run(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await command(['token', ...args], {
      LARDER_TOKENS: this.file,
    });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  /** The secret of a new token of an app. */
  app(name: string): Promise<string> {
    return this.run('create', '--role', 'write', '--namespace', 'test', '--name', name);
  }
}

const idOf = (secret: string): string => secret.slice(4, 14);

/** Has a client read, again and again, until it is to stop. How many reads found the entry, and what else. */
function reading(
  t: TestContext,
  client: Client,
): { stop(): Promise<void>; found: number; others: string[] } {
  const key = keyOf('kept');
  let stopped = false;
  const seen = { found: 0, others: [] as string[], stop };
  const ended = (async () => {
    while (!stopped) {
      const { state } = await look(client, key);
      if (state === 'fresh') seen.found++;
      else seen.others.push(state);
      await pause(2);
    }
  })();
  t.after(stop);
  async function stop(): Promise<void> {
    stopped = true;
    await ended;
  }
  return seen;
}

for (const transport of ['websocket', 'http'] as const) {
  test(`a token is replaced and revoked while others read without a failure, over ${transport}`, async (t) => {
    const tokens = new Tokens(t);
    const old = await tokens.app('the app, as it was');
    const another = await tokens.app('another app');
    const server = await RealServer.start(t, '--tokens', tokens.file);
    const connected = (token: string): { client: Client; log: RecordingLog } =>
      clientOf(t, server.url, { transport, timeout: 10_000, token });
    const bystander = connected(another);
    const before = connected(old);
    const life = { stale: 300, revalidate: 600, expire: 3600 };
    assert.equal((await look(before.client, keyOf('kept'))).state, 'miss');
    const content = { value: [Buffer.from('v')], tags: ['t'], life, generatedAt: now() };
    await before.client.take(keyOf('kept'), Promise.resolve(content));

    await until(
      () => `both find it: ${before.log.lines.join('; ')}`,
      async () => {
        const states = [before, bystander].map(({ client }) => look(client, keyOf('kept')));
        return (await Promise.all(states)).every(({ state }) => state === 'fresh');
      },
    );
    const others = [reading(t, bystander.client)];
    const users = reading(t, before.client);
    // As a rolling restart does: instances with the new secret come while the old ones serve.
    const next = await tokens.run('rotate', idOf(old), '--keep', '1h');
    const after = connected(next);
    await until('the new token is of use', async () => {
      return (await look(after.client, keyOf('kept'))).state === 'fresh';
    });
    others.push(reading(t, after.client));
    await users.stop();
    assert.deepEqual(users.others, [], 'while both tokens were of use');

    await tokens.run('revoke', idOf(old));
    await until('the old one is of no use', async () => {
      return (await look(before.client, keyOf('kept'))).state !== 'fresh';
    });
    await until(
      () => `its log says why: ${before.log.notices.join('; ')}`,
      () => before.log.notices.some((line) => line.includes('LARDER_TOKEN')),
    );
    const counts = others.map(({ found }) => found);
    await until('others go on', () => others.every(({ found }, n) => found > counts[n]! + 20));
    for (const each of others) {
      await each.stop();
      assert.deepEqual(each.others, [], `of ${each.found} that found it`);
    }
  });
}
