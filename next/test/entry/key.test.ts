import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';

test('a key is SHA-256 over the UTF-16LE code units', () => {
  const text = '["c09e",["é"]]';
  const units = Buffer.alloc(text.length * 2);
  for (let n = 0; n < text.length; n++) units.writeUInt16LE(text.charCodeAt(n), n * 2);
  const expected = createHash('sha256').update(units).digest();
  assert.deepEqual(Buffer.from(keyOf(text).bytes), expected);
  assert.equal(keyOf(text).id, expected.toString('hex'));
});

test('lone surrogates, NULs and replacement characters are different keys', () => {
  const texts = ['\ud800', '\ud801', '\udc00', '\ufffd', '\0', '', '\0\0', 'a\0', 'a'];
  assert.equal(new Set(texts.map((text) => keyOf(text).id)).size, texts.length);
});

test('a key is the same however often it is asked for, and whatever was asked for between', () => {
  const first = keyOf('["one"]').id;
  for (let n = 0; n < 3000; n++) keyOf(`["${n}"]`);
  assert.equal(keyOf('["one"]').id, first);
  assert.equal(
    keyOf('["2999"]').id,
    createHash('sha256').update('["2999"]', 'utf16le').digest('hex'),
  );
});
