import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checkout } from '@larder/harness/checkout';
import { commandLine } from '@larder/harness/command-line';
import { Larder, whyNoServer } from '@larder/harness/larder';
import { NextApp } from '@larder/harness/next-app';
import { freePort } from '@larder/harness/ports';
import { installNext, newestNext } from '@larder/harness/registry';
import { temporaryDirectory } from '@larder/harness/temporary';
import { patientSettings } from './support/fleet.mjs';

const fixture = fileURLToPath(new URL('fixtures/durable', import.meta.url));
const usage = `Usage: npm run test:durable -- [line …]

  line   of Next.js, such as 16.4, of which the newest release is taken, or canary; none: that of this
         repository

Builds an app twice, with one function changed in between, and shows that entries of the other one survive. It
needs the adapter built, and the server's jar named in LARDER_JAR (and the java to run it with in LARDER_JAVA).`;

const { positionals, refuse } = commandLine(usage, { name: 'durable', positionals: true });
const missing = whyNoServer();
if (missing) refuse(missing);
const lines = positionals.length > 0 ? positionals : [undefined];
const root = temporaryDirectory();

for (const line of lines) await shown(line && (await newestNext(line)));

/** Shows it on a version of Next.js, or on that of the repository. */
async function shown(version) {
  const name = version ?? 'repository';
  const packages = version && (await installNext(join(root, `next-${version}`), version));
  const checkout = new Checkout(join(root, name), fixture, packages);
  const key = { NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  const larder = new Larder(await freePort(), join(root, `data-${name}`));
  await larder.start();
  try {
    await assert.rejects(checkout.build({}), /"durable" needs NEXT_SERVER_ACTIONS_ENCRYPTION_KEY/);
    const built = await checkout.build(key);
    assert.match(built, /cached code reads REGION of the environment/);
    const before = await read(checkout, larder);
    assert.deepEqual(await read(checkout, larder), before, 'a second process has the same entries');

    const changed = join(checkout.app, 'lib/south.js');
    writeFileSync(changed, readFileSync(changed, 'utf8').replace("by: 'south'", "by: 'the south'"));
    await checkout.build(key);
    const after = await read(checkout, larder);
    assert.deepEqual(after.north, before.north, 'what was not changed survives the build');
    assert.equal(after.south.by, 'the south');
    assert.notEqual(after.south.made, before.south.made, 'what was changed is generated again');

    const elsewhere = await read(checkout, larder, { REGION: 'elsewhere' });
    assert.equal(elsewhere.north.in, 'elsewhere', 'a variable that the code reads is in the key');
    console.log(`✔ Next.js ${name}: entries survive a build that does not change their code`);
  } finally {
    await larder.stop();
  }
}

/** What a process of the app that is built answers, which is started for that. */
async function read(checkout, larder, env = {}) {
  const app = new NextApp('durable', await freePort(), {
    directory: checkout.app,
    env: { ...patientSettings, LARDER_URL: larder.url, LARDER_NAMESPACE: 'durable', ...env },
  });
  await app.start();
  try {
    const { status, text } = await app.ask('/api/read');
    assert.equal(status, 200, text);
    return JSON.parse(text);
  } finally {
    await app.stop();
  }
}
