import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalidations } from '../../src/host/invalidations.js';
import type { WorkStore } from '../../src/host/next-context.js';

/** Invalidations at moments the test sets, and the tags that reached the server. */
function recorded(stamps = true) {
  let moment = 0;
  const sent: string[] = [];
  const invalidations = new Invalidations(
    () => moment,
    () => stamps,
  );
  const call = (
    at: number,
    request: WorkStore | undefined,
    tags: string[],
    expire = 0,
    result: () => Promise<void> = async () => {},
  ): Promise<void> => {
    moment = at;
    return invalidations.once(request, tags, expire, (fresh) => {
      sent.push(...fresh.map((tag) => `${tag} ${expire}`));
      return result();
    });
  };
  return { sent, call };
}

const records = (...entries: [string, number?][]): WorkStore => ({
  pendingRevalidatedTags: entries.map(([tag, revalidatedAt]) => ({
    tag,
    ...(revalidatedAt === undefined ? {} : { revalidatedAt }),
  })),
});

test('the second call of a form post is not sent', async () => {
  const { sent, call } = recorded();
  const request = records(['a', 10], ['b', 11]);
  await call(12, request, ['a', 'b']);
  await call(20, request, ['a', 'b']);
  assert.deepEqual(sent, ['a 0', 'b 0']);
});

test('a tag invalidated again after the first call is sent again, and only that one', async () => {
  const { sent, call } = recorded();
  const request = {
    pendingRevalidatedTags: [
      { tag: 'a', revalidatedAt: 10 },
      { tag: 'b', revalidatedAt: 10 },
    ],
  };
  await call(12, request, ['a', 'b']);
  request.pendingRevalidatedTags[1]!.revalidatedAt = 15;
  await call(20, request, ['a', 'b']);
  assert.deepEqual(sent, ['a 0', 'b 0', 'b 0']);
});

test('a record of the tag with another profile, made later, is not mistaken for the same', async () => {
  const { sent, call } = recorded();
  await call(12, records(['a', 10]), ['a']);
  const request = records(['a', 10]);
  await call(12, request, ['a'], 60);
  await call(13, request, ['a'], 0);
  assert.deepEqual(sent, ['a 0', 'a 60', 'a 0']);
});

test('without a request, a record or a moment every call is sent', async () => {
  for (const request of [undefined, {}, records(['b', 1]), records(['a'])]) {
    const { sent, call } = recorded();
    await call(12, request, ['a']);
    await call(20, request, ['a']);
    assert.deepEqual(sent, ['a 0', 'a 0']);
  }
});

test('before 16.3, where records have no moment, a second call is sent for a new record', async () => {
  const { sent, call } = recorded(false);
  const pendingRevalidatedTags = [{ tag: 'a' }, { tag: 'b' }];
  await call(12, { pendingRevalidatedTags }, ['a']);
  const request = { pendingRevalidatedTags };
  await call(12, request, ['a', 'b']);
  await call(20, request, ['a', 'b']);
  pendingRevalidatedTags.push({ tag: 'b' });
  await call(21, request, ['a', 'b']);
  assert.deepEqual(sent, ['a 0', 'a 0', 'b 0', 'b 0']);
});

test('two requests that invalidate the same tag are both sent', async () => {
  const { sent, call } = recorded();
  await call(12, records(['a', 10]), ['a']);
  await call(12, records(['a', 10]), ['a']);
  assert.deepEqual(sent, ['a 0', 'a 0']);
});

test('a repeated call waits for the first, and fails with it', async () => {
  const { sent, call } = recorded();
  const request = records(['a', 10]);
  let fail = (_error: Error): void => {};
  const pending = new Promise<void>((_, reject) => (fail = reject));
  const first = call(12, request, ['a'], 0, () => pending);
  const second = call(13, request, ['a']);
  fail(new Error('not confirmed'));
  await assert.rejects(first, /not confirmed/);
  await assert.rejects(second, /not confirmed/);
  await call(14, request, ['a']);
  assert.deepEqual(sent, ['a 0', 'a 0']);
});
