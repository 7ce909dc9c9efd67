import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfBuild } from '../../src/use-cache/build.js';

const ID = 'c09e93d53946762049403d43929712e0d6f610e13b';
const BUILD = 'SNc59i1V_EalQC40H5bO5';

/** Keys as Next.js makes them, and whether the build is in them. */
const KEYS: Readonly<Record<string, [key: string, ofBuild: boolean]>> = {
  'of text': [`["${ID}",["c1"],["${BUILD}"]]`, true],
  'of text, without arguments': [`["${ID}",[],["${BUILD}"]]`, true],
  'of fields': [`1:1B4:blob0:4:\ufeff\ud8001:050:["${ID}",["$o1"],["${BUILD}"]]`, true],
  'with root params': [`["${ID}",["c1"],["${BUILD}"]][["lang","en"],["shop",null]]`, true],
  'of before, text': [`["${BUILD}","${ID}",["c1"]]`, true],
  'of before, fields': [`4:_1_x3:\u00e9\0z1:050:["${BUILD}","${ID}",["$K1"]]`, true],
  'of another build': [`["${ID}",["c1"],["another"]]`, false],
  'of a build whose id it begins with': [`["${ID}",["c1"],["${BUILD}2"]]`, false],
  durable: [`["${ID}",["c1"],["5f2b","16.4.6"]]${'0a'.repeat(32)}`, false],
  'durable, whose argument is the build': [
    `["${ID}",["${BUILD}",["${BUILD}"]],["5f2b","16.4.6"]]${'0a'.repeat(32)}`,
    false,
  ],
  'of next dev': [`["${ID}",["c1"],["development","12"]]`, false],
  none: ['', false],
};

for (const [name, [key, ofBuild]] of Object.entries(KEYS)) {
  test(`a key ${name}: ${ofBuild ? 'of the build' : 'of no build, or another'}`, () => {
    assert.equal(isOfBuild(key, BUILD), ofBuild);
    assert.equal(isOfBuild(key, ''), false);
  });
}

test('an id that has to be escaped is found as it is in a key', () => {
  const odd = 'a "build" \\ of\nlines';
  assert.ok(isOfBuild(JSON.stringify([ID, [], [odd]]), odd));
});
