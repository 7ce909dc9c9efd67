import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Program } from '@larder/harness/program';
import { temporaryDirectory } from '@larder/harness/temporary';
import { shop } from './support/instance.mjs';

const adapter = fileURLToPath(new URL('../../../next', import.meta.url));

/** What of a configuration is right, and what is an error of types. */
const source = `
  import { withLarder } from '@larder/next';
  import type { NextConfig } from 'next';

  const whole: NextConfig = withLarder({ cacheComponents: true, reactStrictMode: true });
  const none: NextConfig = withLarder();
  const promised: Promise<NextConfig> = withLarder(Promise.resolve<NextConfig>(whole));
  type Made = (phase: string, context: { defaultConfig: NextConfig }) => Promise<NextConfig>;
  const made: Made = withLarder((phase) => ({ distDir: phase }));
  const late: Made = withLarder(async (_phase, { defaultConfig }) => ({ ...defaultConfig, ...none }));
  withLarder({}, { kinds: ['remote'], routes: false });

  // @ts-expect-error Next.js has no such option.
  withLarder({ cacheComponent: true, reactStrictMode: true });
  // @ts-expect-error It has another type.
  withLarder({ cacheComponents: 'yes' });
  // @ts-expect-error This is said in the environment.
  withLarder({}, { url: 'http://larder:7400' });

  export { late, made, promised };
`;

const compilerOptions = {
  module: 'nodenext',
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  target: 'es2022',
  types: ['node'],
};

test('with the types of Next.js a wrong configuration does not compile', async () => {
  const app = temporaryDirectory();
  const modules = join(app, 'node_modules');
  mkdirSync(join(modules, '@larder'), { recursive: true });
  for (const name of readdirSync(join(shop, 'node_modules'))) {
    symlinkSync(join(shop, 'node_modules', name), join(modules, name));
  }
  for (const part of ['dist', 'package.json']) {
    cpSync(join(adapter, part), join(modules, '@larder/next', part), { recursive: true });
  }
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
  writeFileSync(join(app, 'next.config.ts'), source);
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const args = [join(modules, 'typescript/bin/tsc'), '-p', app];
  const compiler = new Program('tsc', { command: process.execPath, args, cwd: app });
  assert.equal(await compiler.ended(), 0, compiler.transcript);
});
