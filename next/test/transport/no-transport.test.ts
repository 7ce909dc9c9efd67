import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { Client } from '../../src/client/client.js';
import { Events, type LarderEvent } from '../../src/events/events.js';
import { keyOf } from '../../src/entry/key.js';
import { settingsFrom } from '../../src/runtime/settings.js';
import { fakeServer, look, RecordingLog, stored } from '../support/fixtures.js';

const KEY = keyOf('k');

for (const transport of ['websocket', 'http']) {
  test(`a namespace that cannot be used is no namespace at all, over ${transport}`, async (t) => {
    const server = await fakeServer(t);
    const env = {
      LARDER_URL: server.url,
      LARDER_NAMESPACE: 'Shop-Production',
      LARDER_TRANSPORT: transport,
    };
    const log = new RecordingLog();
    const events = new Events();
    const emitted: LarderEvent[] = [];
    events.on((event) => void emitted.push(event));
    const client = new Client(settingsFrom(env, log), events, log, now);
    t.after(() => client.end());
    client.greet();
    const { state, leased } = await look(client, KEY);
    assert.deepEqual([state, leased], ['miss', false]);
    await client.take(KEY, Promise.resolve(stored()));
    await assert.rejects(client.invalidate(['t'], 0), /LARDER_NAMESPACE/);
    assert.deepEqual(server.paths, []);
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0]!, /"Shop-Production" in LARDER_NAMESPACE .*shares nothing/);
    const [connection, put] = ['connection', 'put'].map((type) =>
      emitted.find((event) => event.type === type),
    );
    assert.match((connection as { reason: string }).reason, /LARDER_NAMESPACE/);
    assert.equal((put as { outcome: string }).outcome, 'dropped');
  });
}
