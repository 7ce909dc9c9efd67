import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '@larder/harness/until';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import { clientOf, look } from '../support/fixtures.js';
import { RealServer } from '../support/real-server.js';

// A server that speaks HTTPS with a certificate of an own authority.

const TRANSPORTS = ['websocket', 'http'] as const;

/** An authority, and certificates of it, in a directory that is removed with the test. */
class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'larder-tls-'));
  readonly file = join(this.directory, 'ca.pem');
  readonly certificate = join(this.directory, 'certificate.pem');
  readonly key = join(this.directory, 'key.pem');

  constructor(t: TestContext) {
    t.after(() => rmSync(this.directory, { recursive: true }));
    this.#made(this.file, `${this.file}.key`, ['-subj', '/CN=an authority']);
  }

  /** Its certificate in PEM. */
  get pem(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Makes a certificate for an address, and puts it in the place of the one before. */
  certify(address: string): void {
    const [certificate, key] = [`${this.certificate}.new`, `${this.key}.new`];
    const signed = ['-CA', this.file, '-CAkey', `${this.file}.key`];
    const named = ['-subj', '/CN=a server', '-addext', `subjectAltName=${address}`];
    this.#made(certificate, key, [...named, ...signed]);
    renameSync(key, this.key);
    renameSync(certificate, this.certificate);
  }

  #made(certificate: string, key: string, options: readonly string[]): void {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', key, '-out', certificate, '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...options], { stdio: 'pipe' });
  }
}

const secured = ({ certificate, key }: Authority): string[] => [
  '--tls-cert',
  certificate,
  '--tls-key',
  key,
];

for (const transport of TRANSPORTS) {
  test(`everything works over TLS, also when the certificate is replaced, over ${transport}`, async (t) => {
    const authority = new Authority(t);
    authority.certify('IP:127.0.0.1');
    const server = await RealServer.start(t, ...secured(authority));
    assert.match(server.url, /^https:/);
    const settings = { transport, timeout: 10_000, authority: authority.pem };
    const { client } = clientOf(t, server.url, settings);
    const key = keyOf(`over TLS, ${transport}`);
    const store = async (value: string): Promise<void> => {
      assert.equal((await look(client, key)).state, 'miss');
      const life = { stale: 30, revalidate: 600, expire: 3600 };
      const content = { value: [Buffer.from(value)], tags: ['t'], life, generatedAt: now() };
      await client.take(key, Promise.resolve(content));
    };
    await store('before');
    authority.certify('IP:127.0.0.1,DNS:localhost');
    await server.said('the certificate was replaced');

    await client.invalidate(['t'], 0);
    await store('after');
    const other = clientOf(t, server.url, settings).client;
    await until('another process finds it', async () => {
      const found = await look(other, key);
      return found.state !== 'miss' && Buffer.concat(found.entry.value).toString() === 'after';
    });
  });

  test(`a certificate that nobody trusts is logged with its remedy, over ${transport}`, async (t) => {
    const authority = new Authority(t);
    authority.certify('IP:127.0.0.1');
    const server = await RealServer.start(t, ...secured(authority));
    const { client, log } = clientOf(t, server.url, { transport, timeout: 10_000 });
    assert.equal((await look(client, keyOf('untrusted'))).state, 'miss');
    await until('it is logged', () => log.notices.some((notice) => notice.includes('LARDER_CA')));
  });

  test(`a certificate for another name is logged, over ${transport}`, async (t) => {
    const authority = new Authority(t);
    authority.certify('DNS:somewhere.example');
    const server = await RealServer.start(t, ...secured(authority));
    const settings = { transport, timeout: 10_000, authority: authority.pem };
    const { client, log } = clientOf(t, server.url, settings);
    assert.equal((await look(client, keyOf('misnamed'))).state, 'miss');
    await until('it is logged', () =>
      log.notices.some((notice) => notice.includes('another name')),
    );
  });
}
