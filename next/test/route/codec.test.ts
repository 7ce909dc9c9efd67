import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '../../src/route/codec.js';
import { FORMAT } from '../../src/route/key.js';
import type { RouteRecord, RouteValue } from '../../src/route/value.js';
import { VALUES } from '../support/route-values.js';

const CONTROL = { revalidate: 60, expire: 3600 };

function again(value: RouteValue | null, rest: Partial<RouteRecord> = {}): RouteRecord | undefined {
  return decode(encode({ value, cacheControl: CONTROL, lived: 0, ...rest }));
}

function buffersOf(value: RouteValue | null | undefined): Buffer[] {
  const own = Object.values(value ?? {}).flatMap((field: unknown) =>
    field instanceof Map ? [...field.values()] : [field],
  );
  return own.filter((field): field is Buffer => Buffer.isBuffer(field));
}

for (const [name, value] of Object.entries(VALUES)) {
  test(`${name} comes back as it was, with its types`, () => {
    assert.deepEqual(again(value), { value, cacheControl: CONTROL, lived: 0 });
  });

  test(`${name} is not what is kept of it, whatever is done to it`, () => {
    const bytes = encode({ value, cacheControl: CONTROL, lived: 0 });
    for (const buffer of buffersOf(decode(bytes)?.value)) {
      assert.equal(buffer.buffer.byteLength, buffer.length);
      buffer.fill(0);
    }
    assert.deepEqual(decode(bytes)?.value, value);
  });

  test(`${name} is not read from bytes that end too early`, () => {
    const bytes = encode({ value, cacheControl: CONTROL, lived: 0 });
    for (let size = 0; size < bytes.length; size++) {
      assert.equal(decode(bytes.subarray(0, size)), undefined, `${size} of ${bytes.length} bytes`);
    }
    assert.equal(decode(Buffer.concat([bytes, Buffer.of(0)])), undefined);
  });
}

test('a cache control comes back as it was', () => {
  for (const cacheControl of [
    undefined,
    { revalidate: false, expire: undefined },
    { revalidate: 1, expire: undefined },
    { revalidate: 900, expire: 4294967294 },
  ] as const) {
    assert.deepEqual(again(VALUES.notFound!, { cacheControl })?.cacheControl, cacheControl);
  }
  assert.equal(again(null, { lived: 1234.5 })?.lived, 1234.5);
});

test('buffers are buffers, and segments a map', () => {
  const page = again(VALUES.page!)?.value;
  assert.ok(page?.kind === 'APP_PAGE');
  assert.ok(Buffer.isBuffer(page.rscData));
  assert.ok(page.segmentData instanceof Map);
  assert.ok([...page.segmentData.values()].every((segment) => Buffer.isBuffer(segment)));
});

test('bytes travel as they are, and fetched ones without base64', () => {
  const bytes = Buffer.alloc(9000, 0xfe);
  const fetched = { headers: {}, body: bytes.toString('base64'), status: 200, url: 'http://x/' };
  const encoded = encode({
    value: { kind: 'FETCH', data: fetched, revalidate: 60 },
    cacheControl: undefined,
    lived: 0,
  });
  assert.ok(Buffer.from(encoded).includes(bytes));
  assert.ok(encoded.length < bytes.length + 100);
});

test('a body that only looks like base64 is kept as the text it is', () => {
  for (const body of ['null', '{"a":1}', 'YQ', 'YR==', ' YQ==', '', 'é\ud800']) {
    const data = { headers: {}, body, status: 200, url: '' };
    const value = again({ kind: 'FETCH', data, revalidate: 60 })?.value;
    assert.ok(value?.kind === 'FETCH');
    assert.equal(value.data.body, body);
  }
});

test('another version and another kind are not read', () => {
  const bytes = encode({ value: null, cacheControl: undefined, lived: 0 });
  const at = (index: number, byte: number): Uint8Array => {
    const changed = Buffer.from(bytes);
    changed[index] = byte;
    return changed;
  };
  assert.ok(decode(bytes));
  assert.equal(decode(at(0, FORMAT + 1)), undefined);
  assert.equal(decode(at(bytes.length - 1, 9)), undefined);
  assert.equal(decode(Buffer.from('{"kind":"PAGES"}')), undefined);
});

test('a value of no known kind is refused', () => {
  const strange = { kind: 'SOUND' } as unknown as RouteValue;
  assert.throws(() => again(strange), /"SOUND" is no kind of the route cache/);
});
