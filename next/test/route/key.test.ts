import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathnameOf, pathOf, pathTags, pageKey, sharedKey } from '../../src/route/key.js';

const SCOPE = `/route-cache/PAGES/${'ab'.repeat(32)}/$`;

test('pages are told apart by build, and everything else is not', () => {
  assert.notEqual(pageKey('one', '/x').id, pageKey('two', '/x').id);
  assert.equal(pageKey('one', '/x').id, pageKey('one', '/x').id);
  assert.notEqual(sharedKey('fetch', 'k').id, sharedKey('image', 'k').id);
});

test('the pathname is found in the keys of every version', () => {
  assert.equal(pathnameOf(`${SCOPE}/blog/a`), '/blog/a');
  assert.equal(pathnameOf(`${SCOPE}/blog/[slug]`), '/blog/[slug]');
  assert.equal(pathnameOf('/blog/a'), '/blog/a');
  assert.equal(pathnameOf('/route-cache/x'), '/route-cache/x');
});

test('a path has the tags that revalidatePath expires', () => {
  assert.deepEqual(pathTags('/blog/a'), ['_N_T_/blog/a']);
  assert.deepEqual(pathTags('/index'), ['_N_T_/']);
  assert.deepEqual(pathTags('/café'), ['_N_T_/café', '_N_T_/caf%C3%A9']);
  assert.equal(pathTags(`/${'a'.repeat(2000)}`)[0]!.length, 2006);
  assert.equal(pathOf('/index/index'), '/index');
});
