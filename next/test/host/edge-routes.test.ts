import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { edgeRoutes } from '../../src/host/edge-routes.js';

/** Files of an app, and whether they are route handlers that run on the edge. */
const FILES: readonly (readonly [file: string, text: string, onEdge: boolean])[] = [
  ['app/a/route.js', "export const runtime = 'edge';", true],
  [
    'app/b/[id]/route.ts',
    'export const revalidate = 1\n  export const runtime: string = "experimental-edge"',
    true,
  ],
  ['app/c/route.ts', "export const runtime = 'nodejs';", false],
  ['app/d/route.ts', "// export const runtime = 'edge';", false],
  ['app/e/page.tsx', "export const runtime = 'edge';", false],
  ['app/f/en-route.js', "export const runtime = 'edge';", false],
  ['src/app/g/route.mjs', 'export const runtime = `edge`', true],
];

test('the route handlers that run on the edge are found, and nothing else', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'larder-edge-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  assert.deepEqual(edgeRoutes(root), []);
  for (const [file, text] of FILES) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const wanted = FILES.filter(([, , onEdge]) => onEdge).map(([file]) => file);
  assert.deepEqual(edgeRoutes(root).sort(), wanted);
});
