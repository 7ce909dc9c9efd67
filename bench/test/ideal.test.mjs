import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idealGenerations } from '../fleet/ideal.mjs';

const life = 1000;
const reads = (...times) => times.map((asked) => ({ id: 'a', asked }));

test('an item is generated once while it is fresh', () => {
  assert.equal(idealGenerations(reads(0, 10, 900), [], life), 1);
});

test('it is generated again by the first read after its life has ended', () => {
  assert.equal(idealGenerations(reads(0, 1001, 1002), [], life), 2);
});

test('it is generated again by the first read after an edit, and by no other', () => {
  const edits = [{ id: 'a', at: 100 }];
  assert.equal(idealGenerations(reads(0, 99, 100, 101), edits, life), 2);
});

test('edits of something else, and edits nobody reads after, need no generation', () => {
  const edits = [
    { id: 'b', at: 5 },
    { id: 'a', at: 500 },
  ];
  assert.equal(idealGenerations(reads(0, 10), edits, life), 1);
});
