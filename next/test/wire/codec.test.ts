import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MalformedFrame, read, write } from '../../src/wire/codec.js';
import { crc32, crc32ByTable } from '../../src/wire/crc32.js';
import type { Frame } from '../../src/wire/frame.js';
import { LIMITS } from '../../src/wire/limits.js';
import { softTagList, tagList } from '../../src/wire/tag-list.js';
import { checksumOf, whole } from '../../src/wire/value.js';
import { Writer } from '../../src/wire/writer.js';

const RELEASE: Frame = { operation: 'RELEASE', requestId: 1, key: Buffer.of(1, 2), lease: 3n };

const PUT: Frame<'PUT'> = {
  operation: 'PUT',
  requestId: 2,
  key: Buffer.of(1),
  asof: { identity: 2n, revision: 3n },
  lease: 1n,
  content: {
    tags: ['a', 'é'],
    life: { stale: 1, revalidate: 2, expire: 3 },
    age: 4,
    checksum: 5,
    value: [Buffer.from('value')],
  },
};

function bytesOf(...frames: Frame[]): Buffer {
  const writer = new Writer();
  for (const frame of frames) write(writer, frame);
  return Buffer.concat(writer.take());
}

test('every truncation of a frame is malformed', () => {
  const whole = bytesOf(RELEASE);
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => [...read([whole.subarray(0, length)])], MalformedFrame);
  }
});

test('a frame whose payload is shorter or longer than its operation needs is malformed', () => {
  const shorter = bytesOf(RELEASE);
  shorter.writeUInt32BE(shorter.readUInt32BE(0) - 1, 0);
  assert.throws(() => [...read([shorter.subarray(0, -1)])], MalformedFrame);

  const longer = Buffer.concat([bytesOf(RELEASE), Buffer.of(0)]);
  longer.writeUInt32BE(longer.readUInt32BE(0) + 1, 0);
  assert.throws(() => [...read([longer])], MalformedFrame);
});

test('a message is read the same wherever it was cut', () => {
  const message = bytesOf(RELEASE, PUT, RELEASE);
  for (let at = 0; at <= message.length; at++) {
    const parts = [message.subarray(0, at), message.subarray(at, at + 3), message.subarray(at + 3)];
    assert.deepEqual([...read(parts)], [RELEASE, PUT, RELEASE], `at ${at}`);
  }
});

test('a large value is neither copied when it is written nor when it is read', () => {
  const value = [Buffer.alloc(LIMITS.fragment, 1), Buffer.alloc(70_000, 2)];
  const put = { ...PUT, content: { ...PUT.content, value } };
  const writer = new Writer();
  write(writer, RELEASE);
  write(writer, put);
  write(writer, RELEASE);
  const { length } = writer;
  const pieces = writer.take();
  assert.equal(pieces[1], value[0]);
  assert.equal(pieces[2], value[1]);
  const message = Buffer.concat(pieces);
  assert.equal(message.length, length);

  const parts = [message.subarray(0, 100_000), message.subarray(100_000)];
  const [, decoded, last] = [...read(parts)];
  assert.deepEqual(last, RELEASE);
  assert.ok(decoded?.operation === 'PUT');
  assert.deepEqual(whole(decoded.content.value), Buffer.concat(value));
  for (const piece of decoded.content.value) assert.equal(piece.buffer, message.buffer);
  assert.throws(() => [...read([message.subarray(0, -20)])], MalformedFrame);
});

test('what follows a mark is forgotten, a large value too', () => {
  const value = [Buffer.alloc(LIMITS.fragment + 1)];
  const writer = new Writer();
  write(writer, RELEASE);
  const mark = writer.length;
  write(writer, { ...PUT, content: { ...PUT.content, value } });
  write(writer, RELEASE);
  writer.truncate(mark);
  write(writer, RELEASE);
  assert.deepEqual(Buffer.concat(writer.take()), bytesOf(RELEASE, RELEASE));
});

test('an unknown operation, outcome, error or flag is malformed', () => {
  const cases: [Frame, number, number][] = [
    [{ operation: 'PING', requestId: 1 }, 4, 0x7f],
    [{ operation: 'STORED', requestId: 1, outcome: 'stored' }, 9, 5],
    [{ operation: 'RENEWED', requestId: 1, held: true }, 9, 2],
    [{ operation: 'ERROR', requestId: 1, code: 'internal', message: '' }, 10, 11],
  ];
  for (const [frame, at, value] of cases) {
    const bytes = bytesOf(frame);
    bytes[at] = value;
    assert.throws(() => [...read([bytes])], MalformedFrame, frame.operation);
  }
});

test('the frames before a malformed one are still delivered', () => {
  const delivered: Frame[] = [];
  assert.throws(() => {
    for (const frame of read([bytesOf(RELEASE), Buffer.of(0, 0, 0, 1, 9)])) {
      delivered.push(frame);
    }
  }, MalformedFrame);
  assert.deepEqual(delivered, [RELEASE]);
});

test('a frame beyond a limit is refused and leaves nothing behind', () => {
  const writer = new Writer();
  write(writer, RELEASE);
  const length = writer.length;
  const refused: Frame[] = [
    { ...RELEASE, key: Buffer.alloc(0) },
    { ...RELEASE, key: Buffer.alloc(LIMITS.key + 1) },
    { operation: 'INVALIDATE', requestId: 1, tags: [''], expire: 0 },
    { operation: 'INVALIDATE', requestId: 1, tags: ['é'.repeat(LIMITS.tag / 2 + 1)], expire: 0 },
    { operation: 'INVALIDATE', requestId: 1, tags: Array(LIMITS.tags + 1).fill('t'), expire: 0 },
    { operation: 'INVALIDATE', requestId: 1, tags: ['t'], expire: -1 },
  ];
  for (const frame of refused) assert.throws(() => write(writer, frame), RangeError);
  assert.equal(writer.length, length);
  assert.deepEqual(Buffer.concat(writer.take()), bytesOf(RELEASE));
});

test('a frame is encoded whole at whichever of its fields the buffer has to grow', () => {
  const tags = Array.from({ length: 40 }, (_, n) => `tag-${n}-é`);
  const content = {
    tags,
    life: { stale: 1, revalidate: 2, expire: 3 },
    age: 4,
    checksum: 5,
    value: [Buffer.alloc(300, 7)],
  };
  const asof = { identity: 2n, revision: 3n };
  const put: Frame = {
    operation: 'PUT',
    requestId: 2,
    key: Buffer.of(1),
    asof,
    lease: 1n,
    content,
  };
  for (let padding = 3000; padding < 4096; padding++) {
    const writer = new Writer();
    for (let n = 0; n < padding; n++) writer.u8(0);
    write(writer, put);
    assert.deepEqual(
      [...read([Buffer.concat(writer.take()).subarray(padding)])],
      [put],
      `after ${padding} bytes`,
    );
  }
});

test('a list of tags loses empty ones and repetitions, and is none beyond the limits', () => {
  assert.deepEqual(tagList(['a', '', 'b', 'a']), ['a', 'b']);
  assert.match(tagList(['t'.repeat(LIMITS.tag + 1)])[0]!, /^larder:long:[0-9a-f]{64}$/);
  assert.equal(softTagList(Array.from({ length: LIMITS.tags + 1 }, (_, n) => `t${n}`)), undefined);
});

test('the table computes the same CRC-32 as zlib', () => {
  assert.equal(crc32ByTable(Buffer.from('123456789')), 0xcbf43926);
  assert.equal(crc32ByTable(Buffer.alloc(0)), 0);
  for (let length = 0; length < 70; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, n) => (n * 167 + length) & 0xff));
    assert.equal(crc32ByTable(bytes), crc32(bytes), `${length} bytes`);
    const rest = crc32ByTable(bytes.subarray(9), crc32ByTable(bytes.subarray(0, 9)));
    assert.equal(rest, crc32(bytes), `${length} bytes in two pieces`);
    assert.equal(checksumOf([bytes.subarray(0, 9), bytes.subarray(9)]), crc32(bytes));
  }
});
