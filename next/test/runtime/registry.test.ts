import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '../../src/runtime/registry.js';

test('what passes through is found until it is taken out', () => {
  const passing = new Registry<number, string>();
  passing.add(7, 'seven');
  passing.add(3, 'three');
  assert.equal(passing.size, 2);
  assert.equal(passing.get(7), 'seven');
  assert.deepEqual(passing.all(), [
    ['3', 'three'],
    ['7', 'seven'],
  ]);
  assert.equal(passing.take(7), 'seven');
  assert.equal(passing.take(7), undefined);
  assert.equal(passing.has(7), false);
  assert.equal(passing.size, 1);
});

test('one of the same name takes the place of the one before', () => {
  const passing = new Registry<string, number>();
  passing.add('a', 1);
  passing.add('a', 2);
  assert.equal(passing.size, 1);
  assert.deepEqual(passing.takeAll(), [2]);
  assert.equal(passing.size, 0);
  assert.deepEqual(passing.all(), []);
});

test('a name that every object knows is none of its own', () => {
  const passing = new Registry<string, number>();
  assert.equal(passing.has('constructor'), false);
  passing.add('__proto__', 1);
  assert.equal(passing.take('__proto__'), 1);
  assert.equal(passing.take('toString'), undefined);
});
