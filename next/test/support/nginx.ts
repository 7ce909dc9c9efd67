import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { kept } from './processes.js';
import { until } from './until.js';

const PACKAGED = '/usr/sbin/nginx';
const PROGRAM = process.env.LARDER_NGINX ?? (existsSync(PACKAGED) ? PACKAGED : 'nginx');

/** A real nginx; `LARDER_NGINX` names the program. */
export class Nginx {
  readonly url: string;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** One with what `configured` says in `http {}` when it listens on a port, until the test ends. */
  static async start(t: TestContext, configured: (port: number) => string): Promise<Nginx> {
    const directory = mkdtempSync(join(tmpdir(), 'larder-nginx-'));
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(directory, name)};`,
    );
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(
      file,
      `daemon off; ${user} worker_processes 1; pid ${join(directory, 'pid')};\n` +
        `error_log stderr warn; events {}\n` +
        `http { access_log off; ${paths.join(' ')}\n${configured(port)}\n}\n`,
    );
    const said: string[] = [];
    const child: ChildProcess = kept(
      spawn(PROGRAM, ['-p', directory, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    child.stderr!.on('data', (text) => said.push(String(text)));
    t.after(async () => {
      // Told so, it ends its workers, too.
      const exited = once(child, 'exit');
      if (child.kill('SIGTERM')) await exited;
      rmSync(directory, { recursive: true, force: true });
    });
    const nginx = new Nginx(port);
    await until(async () => {
      if (child.exitCode !== null) throw new Error(said.join(''));
      const answer = await fetch(nginx.url, { redirect: 'manual' }).catch(() => undefined);
      return answer ? undefined : `nginx does not answer: ${said.join('')}`;
    }, 30_000);
    return nginx;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
