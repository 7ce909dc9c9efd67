import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { RequestScope } from '../../src/route/request-scope.js';

const KEY = keyOf('k');

function scope(headers: Record<string, string> = {}): RequestScope {
  return new RequestScope({ _requestHeaders: headers }, () => 1);
}

test('a value is as old as the answer that led to it', () => {
  const one = scope();
  one.asked(KEY, 5, true);
  assert.equal(one.beganAt(KEY), 5);
});

test('a value is as old as the first answer that found a generation due', () => {
  const one = scope();
  one.asked(KEY, 2, false);
  one.asked(KEY, 5, true);
  one.asked(KEY, 9, true);
  one.asked(KEY, 10, false);
  assert.equal(one.beganAt(KEY), 5);
});

test('a value nobody asked for is as old as its request', () => {
  const one = scope();
  assert.equal(one.beganAt(KEY), 1);
  one.asked(KEY, 5, true);
  one.beganAt(KEY);
  assert.equal(one.beganAt(KEY), 1);
});

test('a visit without any context is one', () => {
  const one = new RequestScope(undefined, () => 1);
  assert.equal(one.serverDistDir, undefined);
  assert.equal(one.demand, undefined);
  assert.equal(one.navigates, false);
});

test('on-demand revalidation and navigations are known by their headers', () => {
  assert.equal(scope({ 'x-prerender-revalidate': 'id' }).demand, 'id');
  assert.ok(scope({ rsc: '1' }).navigates);
  assert.equal(scope({ rsc: '1', 'next-router-prefetch': '1' }).navigates, false);
  assert.ok(scope({ 'next-action': 'id' }).navigates);
  assert.ok(scope({ 'content-type': 'multipart/form-data; boundary=x' }).navigates);
  assert.equal(scope({ accept: 'text/html' }).navigates, false);
});

test('what an endless visit remembers has an end', () => {
  const one = scope();
  for (let n = 0; n <= 1024; n++) one.asked(keyOf(`k${n}`), 7, false);
  assert.equal(one.beganAt(keyOf('k0')), 1);
  assert.equal(one.beganAt(keyOf('k1')), 7);
});
