import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tagList } from '../../src/wire/tag-list.js';
import { encoded, joinedTags, namesOf } from '../../src/wire/tag-names.js';

const GOLDEN = '../../../../testkit/src/main/resources/dev/larder/testkit/golden/tag-names.json';

interface Vector {
  readonly name: string;
  readonly before?: string;
  readonly text: string;
  readonly times?: number;
  readonly itself?: true;
  readonly names?: readonly string[];
}

const vectors = JSON.parse(readFileSync(new URL(GOLDEN, import.meta.url), 'utf8')) as Vector[];
const tagOf = ({ before = '', text, times = 1 }: Vector): string => before + text.repeat(times);

for (const vector of vectors) {
  const tag = tagOf(vector);

  test(`the names of a tag: ${vector.name}`, () => {
    assert.deepEqual(namesOf(tag), vector.itself ? [tag] : vector.names);
  });

  test(`an invalidation reaches a page by what Next.js joined its tags to: ${vector.name}`, () => {
    for (const spelling of new Set([tag, encoded(tag)])) {
      for (const others of [[], ['x'], ['_N_T_/layout', 'y,z']]) {
        for (const joined of [
          [...others, spelling],
          [spelling, ...others],
          [...others, spelling, ...others],
        ]) {
          const carried = tagList(joinedTags(joined.join(',')));
          assert.ok(
            namesOf(tag).some((name) => carried.includes(name)),
            joined.join(','),
          );
        }
      }
    }
  });
}

test('what is invalidated by its names is invalidated by theirs', () => {
  for (const vector of vectors) {
    const names = namesOf(tagOf(vector));
    assert.ok(names.flatMap(namesOf).some((name) => names.includes(name)));
  }
});

test('an ordinary page carries a pair for each tag of the app, and none for derived ones', () => {
  const list = '_N_T_/layout,_N_T_/p/layout,_N_T_/p/page,_N_T_/p,products,product:3';
  assert.deepEqual(joinedTags(list), [
    ...list.split(','),
    '_N_T_/p,products',
    'products,product:3',
  ]);
});
