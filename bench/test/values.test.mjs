import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { generatedAt, valueOf } from '../instance/values.mjs';

test('a value tells when it was generated, whole and in pieces', () => {
  const value = valueOf('page-1', 10_000, 123_456);
  assert.equal(value.length, 10_000);
  assert.equal(generatedAt([value], 'page-1', 10_000), 123_456);
  assert.equal(generatedAt([value.subarray(0, 50), value.subarray(50)], 'page-1', 10_000), 123_456);
});

test('a value of another entry, of another length or with another byte is not taken for it', () => {
  const value = valueOf('page-1', 10_000, 1);
  assert.equal(generatedAt([value], 'page-2', 10_000), undefined);
  assert.equal(generatedAt([value.subarray(0, 9_999)], 'page-1', 10_000), undefined);
  const changed = Buffer.from(value);
  changed[9_999] ^= 1;
  assert.equal(generatedAt([changed], 'page-1', 10_000), undefined);
});

test('a value is the same before and after a much larger one', () => {
  const value = valueOf('page-1', 10_000, 1);
  valueOf('picture-1', 10_000_000, 1);
  assert.equal(generatedAt([value], 'page-1', 10_000), 1);
});

test('values compress as rendered pages do', () => {
  const share = gzipSync(valueOf('page-1', 100_000, 1)).length / 100_000;
  assert.ok(share > 0.15 && share < 0.5, `compressed to ${share} of its size`);
});
