import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/architecture.md');
const usage = `Usage: node docs/architecture.mjs [--check]

Draws the packages of the Java modules and the folders of the npm package, with an arrow for each import,
into docs/architecture.md.

  --check   only says whether the drawing still is what the code is, and fails if not: a new arrow is a
            decision, not an accident`;

const options = readOptions();
if (options.help) {
  console.log(usage);
  process.exit();
}

// Not the one of the harness: this runs before anything is installed.
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(`architecture: ${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}

/** The files below a folder whose names end so. */
function filesOf(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith(ending) && statSync(file).isFile())
    .sort();
}

/** @typedef {{ group: string, room: string, imports: Set<string> }} Room  a package, or a folder */

/** The packages of the main sources of every Maven module, and which packages of ours each imports. */
function javaRooms() {
  const modules = [
    ...readFileSync(join(root, 'pom.xml'), 'utf8').matchAll(/<module>(.+?)<\/module>/g),
  ];
  const rooms = new Map();
  for (const [, module] of modules) {
    const sources = join(root, module, 'src/main/java');
    if (!existsSync(sources)) continue; // Tests only.
    for (const file of filesOf(sources, '.java')) {
      const text = readFileSync(file, 'utf8');
      const room = /^package ([\w.]+);/m.exec(text)?.[1];
      const imported = text.matchAll(/^import (?:static )?(dev\.larder(?:\.[a-z]\w*)*)\.[A-Z]/gm);
      note(
        rooms,
        module,
        room,
        [...imported].map(([, name]) => name),
      );
    }
  }
  return resolved(rooms);
}

/** The folders of the npm package's sources, and which folders each imports. */
function adapterRooms() {
  const sources = join(root, 'next/src');
  const roomOf = (file) => relative(sources, dirname(file)).split(sep).join('/') || 'next/src';
  const rooms = new Map();
  for (const file of filesOf(sources, '.ts')) {
    const imported = readFileSync(file, 'utf8').matchAll(/(?:from|import) '(\.{1,2}\/[^']+)'/g);
    const folders = [...imported].map(([, path]) => roomOf(resolve(dirname(file), path)));
    note(rooms, '@larder/next', roomOf(file), folders);
  }
  return resolved(rooms);
}

/** The npm workspaces, and which of them each imports. */
function workspaceRooms() {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = new Map(
    workspaces.map((folder) => {
      const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return [name, folder];
    }),
  );
  const rooms = new Map();
  for (const workspace of workspaces) {
    const folder = join(root, workspace);
    note(rooms, 'npm workspaces', workspace, []);
    for (const file of sourcesOf(folder)) {
      const text = readFileSync(file, 'utf8');
      const imported = [...text.matchAll(/(?:from|import|import\() ?'([^']+)'/g)].map(([, from]) =>
        from.startsWith('.')
          ? workspaces.find((other) =>
              resolve(dirname(file), from).startsWith(join(root, other, sep)),
            )
          : [...names].find(([name]) => from === name || from.startsWith(`${name}/`))?.[1],
      );
      note(rooms, 'npm workspaces', workspace, imported.filter(Boolean));
    }
  }
  return resolved(rooms);
}

/** The files in JavaScript or TypeScript below a folder that no build and no installation made. */
function sourcesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return /\.(mjs|ts|tsx)$/.test(entry.name) ? [path] : [];
    const made = /^(node_modules|dist|build|target|\..*)$/.test(entry.name);
    return entry.isDirectory() && !made ? sourcesOf(path) : [];
  });
}

/** Notes what a file of a room imports. A package of two modules belongs to the one that is built first. */
function note(rooms, group, room, imports) {
  if (!rooms.has(room)) rooms.set(room, { group, room, imports: new Set() });
  if (rooms.get(room).group !== group) return;
  for (const name of imports) if (name !== room) rooms.get(room).imports.add(name);
}

/** The rooms, with the imports that lead to one of them. */
function resolved(rooms) {
  for (const { imports } of rooms.values()) {
    for (const name of imports) if (!rooms.has(name)) imports.delete(name);
  }
  return [...rooms.values()];
}

/** The arrows of rooms, as text, sorted. */
function arrows(rooms) {
  return [
    ...new Set(rooms.flatMap(({ room, imports }) => [...imports].map((to) => `${room} --> ${to}`))),
  ].sort();
}

/** The rooms that can be reached from themselves. */
function cycles(rooms) {
  const next = new Map(rooms.map(({ room, imports }) => [room, imports]));
  const reaches = (from, to, seen = new Set()) =>
    [...(next.get(from) ?? [])].some(
      (room) => room === to || (!seen.has(room) && reaches(room, to, seen.add(room))),
    );
  return rooms.map(({ room }) => room).filter((room) => reaches(room, room));
}

/** A drawing in the language of Mermaid. */
function drawing(rooms, shorten) {
  const id = (room) => room.replace(/\W/g, '_');
  const groups = new Map();
  for (const room of rooms) groups.set(room.group, [...(groups.get(room.group) ?? []), room]);
  const boxes = [...groups].flatMap(([group, members]) => [
    `  subgraph ${id(group)}_ ["${group}"]`,
    ...members.map(({ room }) => `    ${id(`${room}`)}["${shorten(room)}"]`),
    '  end',
  ]);
  const lines = arrows(rooms).map((arrow) => `  ${arrow.split(' --> ').map(id).join(' --> ')}`);
  return ['```mermaid', 'flowchart TD', ...boxes, ...lines, '```'].join('\n');
}

/** The page with what stands between two marks replaced. */
function withPart(text, name, content) {
  const [begin, end] = [`<!-- ${name}: drawn -->`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no marks '${begin}' and '${end}'`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

/** In words, who imports each other in a circle. */
function circles(rooms) {
  const names = cycles(rooms);
  return names.length === 0
    ? 'Nobody imports each other in a circle.'
    : `In a circle: ${names.join(', ')}.`;
}

/** What is drawn, by its name in the page: the rooms, and how they are called there. */
const drawings = {
  java: [javaRooms(), (room) => room.replace('dev.larder.', '')],
  adapter: [adapterRooms(), (room) => room],
  workspaces: [workspaceRooms(), (room) => room],
};
const now = readFileSync(page, 'utf8');
const drawn = Object.entries(drawings).reduce(
  (text, [name, [rooms, shorten]]) =>
    withPart(text, name, `${drawing(rooms, shorten)}\n\n${circles(rooms)}`),
  now,
);
if (!options.check) {
  writeFileSync(page, drawn);
} else if (drawn !== now) {
  const before = new Set(now.split('\n'));
  const after = new Set(drawn.split('\n'));
  const list = (lines, other) =>
    [...lines].filter((line) => !other.has(line)).map((line) => `    ${line.trim()}`);
  console.error('architecture: the code is not what docs/architecture.md draws.');
  console.error(['  new:', ...list(after, before), '  gone:', ...list(before, after)].join('\n'));
  console.error('  If that is meant, run node docs/architecture.mjs and commit the drawing.');
  process.exitCode = 1;
}
