import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cdnTag } from '../../src/wire/cdn-tag.js';

const GOLDEN = '../../../../testkit/src/main/resources/dev/larder/testkit/golden/cdn-tags.json';

test('a tag is for a CDN what it is for the server', () => {
  const text = readFileSync(new URL(GOLDEN, import.meta.url), 'utf8');
  const vectors = JSON.parse(text) as { tag: string; cdn: string }[];
  assert.ok(vectors.length > 10);
  for (const { tag, cdn } of vectors) assert.equal(cdnTag(tag), cdn);
});
