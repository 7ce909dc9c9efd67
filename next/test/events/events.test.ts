import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEvent, type LarderEvent } from '@larder/next/events';
import { Events, processEvents } from '../../src/events/events.js';
import { onEvent as onEventHere } from '../../src/on-event.js';
import { answer } from '../support/fake-server.js';
import { content, fakeServer, handlerOf, textOf } from '../support/fixtures.js';

const EVENT: LarderEvent = { type: 'connection', state: 'up', reason: 'as a test wants it' };

test('a listener reaches the events of the process from any copy of the package', () => {
  assert.notEqual(onEvent, onEventHere);
  const emitted: LarderEvent[] = [];
  processEvents().tell(EVENT);
  const offs = [onEvent, onEventHere].map((on) => on((event) => emitted.push(event)));
  processEvents().tell(EVENT);
  for (const off of offs) off();
  processEvents().tell(EVENT);
  assert.deepEqual(emitted, [EVENT, EVENT, EVENT, EVENT]);
});

test('what a listener does to the tags of an event is done to nobody else', async (t) => {
  const server = await fakeServer(t);
  const entry = { revision: 7n, content: content('value', { tags: ['t'] }) };
  server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
  const { handler, events } = handlerOf(t, server.url, { timeout: 1000 });
  events.on((event) => {
    if ('tags' in event) (event.tags as string[]).length = 0;
  });
  for (let n = 0; n < 3; n++) assert.deepEqual((await handler.get('k', []))?.tags, ['t']);
});

for (const transport of ['websocket', 'http'] as const) {
  test(`a listener that throws or rejects hurts neither readers nor the connection, over ${transport}`, async (t) => {
    const server = await fakeServer(t);
    const entry = { revision: 7n, content: content('value') };
    server.on('LOOKUP', () => answer({ operation: 'FRESH', current: server.current, entry }));
    const { handler, events, client, log } = handlerOf(t, server.url, { transport, timeout: 1000 });
    const emitted: string[] = [];
    events.on(() => {
      throw new Error('a listener throws');
    });
    events.on(async () => {
      throw new Error('a listener rejects');
    });
    events.on((event) => emitted.push(event.type));
    assert.equal(await textOf(await handler.get('k', [])), 'value');
    await handler.updateTags(['t']);
    // An unhandled rejection would have ended this process by the next turn.
    await new Promise(setImmediate);
    assert.deepEqual(emitted, ['connection', 'lookup', 'invalidation']);
    assert.equal(client.usable, true);
    assert.deepEqual(log.notices.length, 1);
  });
}

test('who listens late is given the state of the connection', () => {
  const events = new Events();
  const emitted: LarderEvent[] = [];
  events.tell({ ...EVENT, state: 'down' });
  events.tell(EVENT);
  events.on((event) => emitted.push(event));
  assert.deepEqual(emitted, [EVENT]);
});

test('copies of several versions share plain data only, each with its own code', () => {
  const shared = (globalThis as Record<symbol, unknown>)[Symbol.for('@larder/next audience')];
  assert.equal(Object.getPrototypeOf(shared), Object.prototype);
  const { listeners } = shared as { listeners: Set<(event: LarderEvent) => void> };
  assert.equal(listeners.constructor, Set);
  const emitted: LarderEvent[] = [];
  const of = (event: LarderEvent): void => void emitted.push(event);
  listeners.add(of);
  processEvents().tell(EVENT);
  listeners.delete(of);
  assert.deepEqual(emitted, [EVENT]);
});

test('a listener is a function', () => {
  assert.throws(() => onEvent('console.log' as never), /function.*"console\.log"/);
});
