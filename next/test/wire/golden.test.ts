import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { read, write } from '../../src/wire/codec.js';
import { crc32 } from '../../src/wire/crc32.js';
import type {
  AsOf,
  Content,
  Frame,
  Invalidation,
  Life,
  Payloads,
  Report,
} from '../../src/wire/frame.js';
import { checksumOf } from '../../src/wire/value.js';
import { Writer } from '../../src/wire/writer.js';

const GOLDEN = '../../../../testkit/src/main/resources/dev/larder/testkit/golden/frames.json';

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly frame: Record<string, unknown>;
}

const vectors = JSON.parse(readFileSync(new URL(GOLDEN, import.meta.url), 'utf8')) as Vector[];

for (const { name, hex, frame } of vectors) {
  test(`${String(frame.operation)}: ${name}`, () => {
    const writer = new Writer();
    write(writer, fromJson(frame));
    assert.equal(Buffer.concat(writer.take()).toString('hex'), hex);

    const decoded = [...read([Buffer.from(hex, 'hex')])];
    assert.equal(decoded.length, 1);
    assert.deepEqual(toJson(decoded[0]!), frame);
  });
}

test('every operation has a vector', () => {
  const operations = new Set(vectors.map(({ frame }) => frame.operation));
  assert.equal(operations.size, 27);
});

test('a message of several frames decodes in order', () => {
  const message = Buffer.concat(vectors.map(({ hex }) => Buffer.from(hex, 'hex')));
  assert.deepEqual(
    [...read([message])].map((frame) => frame.operation),
    vectors.map(({ frame }) => frame.operation),
  );
});

const ASOF = new Set(['known', 'asof', 'current']);

/** The frame a vector describes. */
function fromJson(json: Record<string, unknown>): Frame {
  const frame: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) frame[name] = fieldFromJson(name, value);
  return frame as unknown as Frame;
}

function fieldFromJson(name: string, value: unknown): unknown {
  if (ASOF.has(name)) return asofFromJson(value as JsonAsOf);
  if (name === 'key') return Buffer.from(value as string, 'hex');
  if (name === 'lease' && typeof value === 'string') return BigInt(value);
  if (name === 'since') return BigInt(value as string);
  if (name === 'keys') return (value as JsonHotKey[]).map(hotKeyFromJson);
  if (name === 'hottest') return (value as JsonReads[]).map(readsFromJson);
  if (name === 'renders') return (value as JsonRender[]).map(renderFromJson);
  if (name === 'identity') return BigInt(`0x${value as string}`);
  if (name === 'content') return contentFromJson(value as JsonContent);
  if (name === 'entry') {
    const { revision, content, ...rest } = value as { revision: string; content: JsonContent };
    return { ...rest, revision: BigInt(revision), content: contentFromJson(content) };
  }
  if (name === 'invalidation') return invalidationFromJson(value as JsonInvalidation);
  if (name === 'invalidations') return (value as JsonInvalidation[]).map(invalidationFromJson);
  return value;
}

/** The description of a frame. */
function toJson(frame: Frame): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(frame)) json[name] = fieldToJson(name, value);
  return json;
}

function fieldToJson(name: string, value: unknown): unknown {
  if (ASOF.has(name)) return asofToJson(value as AsOf);
  if (name === 'key') return Buffer.from(value as Uint8Array).toString('hex');
  if (name === 'lease' && typeof value === 'bigint') return value.toString();
  if (name === 'since') return (value as bigint).toString();
  if (name === 'keys') return (value as HotKey[]).map(hotKeyToJson);
  if (name === 'hottest') return (value as Report['hottest']).map(readsToJson);
  if (name === 'renders') return (value as Report['renders']).map(renderToJson);
  if (name === 'identity') return identityToJson(value as bigint);
  if (name === 'content') return contentToJson(value as Content);
  if (name === 'entry') {
    const { revision, content, ...rest } = value as { revision: bigint; content: Content };
    return { ...rest, revision: revision.toString(), content: contentToJson(content) };
  }
  if (name === 'invalidation') return invalidationToJson(value as Invalidation);
  if (name === 'invalidations') return (value as Invalidation[]).map(invalidationToJson);
  return value;
}

interface JsonAsOf {
  readonly identity: string;
  readonly revision: string;
}

function asofFromJson({ identity, revision }: JsonAsOf): AsOf {
  return { identity: BigInt(`0x${identity}`), revision: BigInt(revision) };
}

function asofToJson({ identity, revision }: AsOf): JsonAsOf {
  return { identity: identityToJson(identity), revision: revision.toString() };
}

function identityToJson(identity: bigint): string {
  return identity.toString(16).padStart(16, '0');
}

interface JsonContent {
  readonly tags: string[];
  readonly life: Life;
  readonly age: number;
  readonly value: string;
}

function contentFromJson({ value: hex, ...rest }: JsonContent): Content {
  const value = Buffer.from(hex, 'hex');
  return { ...rest, value: [value], checksum: crc32(value) };
}

function contentToJson({ value, checksum, ...rest }: Content): object {
  assert.equal(checksum, checksumOf(value), 'the checksum of the value');
  return { ...rest, value: Buffer.concat(value).toString('hex') };
}

type HotKey = Payloads['KEYS']['keys'][number];

interface JsonHotKey {
  readonly key: string;
  readonly size: number;
}

function hotKeyFromJson({ key, size }: JsonHotKey): HotKey {
  return { key: Buffer.from(key, 'hex'), size };
}

function hotKeyToJson({ key, size }: HotKey): JsonHotKey {
  return { key: Buffer.from(key).toString('hex'), size };
}

interface JsonReads {
  readonly key: string;
  readonly count: number;
}

function readsFromJson({ key, count }: JsonReads): Report['hottest'][number] {
  return { key: Buffer.from(key, 'hex'), count };
}

function readsToJson({ key, count }: Report['hottest'][number]): JsonReads {
  return { key: Buffer.from(key).toString('hex'), count };
}

interface JsonRender {
  readonly path: string;
  readonly keys: readonly string[];
}

function renderFromJson({ path, keys }: JsonRender): Report['renders'][number] {
  return { path, keys: keys.map((key) => Buffer.from(key, 'hex')) };
}

function renderToJson({ path, keys }: Report['renders'][number]): JsonRender {
  return { path, keys: keys.map((key) => Buffer.from(key).toString('hex')) };
}

interface JsonInvalidation {
  readonly revision: string;
  readonly expiresIn: number | 'never';
  readonly tags: string[];
}

function invalidationFromJson({ revision, expiresIn, tags }: JsonInvalidation): Invalidation {
  const after = expiresIn === 'never' ? Infinity : expiresIn;
  return { revision: BigInt(revision), expiresIn: after, tags };
}

function invalidationToJson({ revision, expiresIn, tags }: Invalidation): object {
  const after = expiresIn === Infinity ? 'never' : expiresIn;
  return { revision: revision.toString(), expiresIn: after, tags };
}
