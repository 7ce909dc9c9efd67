// The scripts that the official SDKs send, as the list for `larder serve --redis-scripts known`:
//   node known-scripts.mjs > ../server/src/main/resources/dev/larder/server/redisrest/known-scripts.txt
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';

const root = new URL('./node_modules/@upstash/', import.meta.url);

/** The list: a line for each script, with its SHA-1 and whose it is. */
export function knownScripts() {
  const lines = [
    '# SHA-1 of the Lua scripts that the official SDKs send. Made by redis-sdks/known-scripts.mjs.',
  ];
  for (const name of ['lock', 'ratelimit']) {
    const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, root), 'utf8'));
    const hashes = new Set();
    const dist = new URL(`${name}/dist/`, root);
    for (const file of readdirSync(dist).filter((each) => /\.m?js$/.test(each))) {
      const source = readFileSync(new URL(file, dist), 'utf8');
      for (const script of scripts(source)) {
        hashes.add(createHash('sha1').update(script).digest('hex'));
      }
      // One of them is not that of its script: the SDK asks with it first all the same.
      for (const [, hash] of source.matchAll(/hash: "([0-9a-f]{40})"/g)) hashes.add(hash);
    }
    for (const hash of [...hashes].sort())
      lines.push(`${hash} @upstash/${name} ${version.replace(/^v/, '')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The template literals of a source that call Redis and have nothing put into them. */
function scripts(source) {
  return [...source.matchAll(/`((?:[^`\\]|\\.)*)`/g)]
    .map(([, text]) => text)
    .filter((text) => /redis\.(p?call)/.test(text) && !text.includes('${'))
    .map((text) => runInNewContext(`\`${text}\``));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(knownScripts());
