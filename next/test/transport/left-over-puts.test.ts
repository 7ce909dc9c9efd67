import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { now } from '../../src/runtime/clock.js';
import { HOLD, type QueuedPut } from '../../src/transport/put-queue.js';
import { SocketTransport } from '../../src/transport/socket-transport.js';
import type { LinkListener } from '../../src/transport/transport.js';
import { NO_LEASE, UNKNOWN } from '../../src/wire/frame.js';
import { HISTORY } from '../support/fake-server.js';
import { content, fakeServer, RecordingLog, settings } from '../support/fixtures.js';

/** Bytes of a value that no socket takes at once from who does not read. */
const LARGE = 24 << 20;

/** More than half of what may wait. */
const HALF = HOLD / 2 + 1;

const QUIET: LinkListener = {
  known: () => UNKNOWN,
  opened: async () => {},
  closed: () => {},
  pushed: () => {},
  idle: () => {},
  turned: () => {},
};

test('a put that no connection has brought to its end, and that has no place to wait, is given up', async (t) => {
  const server = await fakeServer(t);
  const transport = new SocketTransport(
    settings(server.url, { timeout: 5000 }),
    'test',
    QUIET,
    new RecordingLog(),
    now,
  );
  t.after(() => transport.end());
  assert.equal(await transport.open(5000), true);
  server.peer.socket.pause();

  const ends: string[] = [];
  const put = (name: string, size: number): QueuedPut => ({
    size: HALF,
    worthwhile: () => true,
    load: () => ({
      operation: 'PUT',
      key: keyOf(name).bytes,
      asof: HISTORY,
      lease: NO_LEASE,
      content: { ...content(''), value: [Buffer.alloc(size)] },
    }),
    done: (sent) => void ends.push(`${name} ${sent ? 'sent' : 'given up'}`),
    answered: () => {},
  });
  // The first leaves for the socket, which is stuck with it; so the second waits.
  assert.equal(transport.queuePut(put('first', LARGE)), true);
  assert.equal(transport.queuePut(put('second', 1)), true);
  assert.deepEqual(ends, ['first sent']);

  const { socket } = server.peer;
  socket.terminate();
  await once(socket, 'close');
  while (ends.length < 3) await new Promise(setImmediate);
  assert.deepEqual(ends.slice(0, 2), ['first sent', 'first given up']);
});
