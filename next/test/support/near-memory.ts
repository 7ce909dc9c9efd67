/*
 * Fills a near cache with values of so many bytes, as they arrive from a server, and says what it
 * takes itself to hold and what this process holds more: `node near-memory.js BYTES MIB`.
 */
import { randomBytes } from 'node:crypto';
import { keyFrom } from '../../src/entry/key.js';
import { NearCache, type Copy } from '../../src/near/near-cache.js';
import { collectGarbage } from './memory.js';

const [bytes = 0, mebibytes = 0] = process.argv.slice(2).map(Number);
const near = new NearCache(mebibytes << 20);

function copy(number: number): Copy {
  const message = Buffer.allocUnsafeSlow(2 * bytes + 4096);
  return {
    key: keyFrom(new Uint8Array(randomBytes(32))),
    asof: { identity: 5n, revision: BigInt(number) },
    seen: BigInt(number),
    value: [message.subarray(40, 40 + bytes)],
    tags: ['products', `product:${number}`].map((tag) => Buffer.from(tag).toString()),
    life: { stale: 30, revalidate: 60, expire: 3600 },
    generatedAt: Date.now() + 0.5,
    currentAt: Date.now() + 0.5,
  };
}

function held(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (let number = 0; number < 100; number++) near.keep(copy(number));
near.clear();
const before = held();
for (let number = 0; near.size === number; number++) near.keep(copy(number));
console.log(JSON.stringify({ counted: near.bytes, held: held() - before }));
