import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '@larder/harness/ports';
import { Program } from '@larder/harness/program';
import { until } from '@larder/harness/until';

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
    const program = new Program('nginx', { command: PROGRAM, args: ['-p', directory, '-c', file] });
    t.after(async () => {
      // Told so, it ends its workers, too.
      await program.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const nginx = new Nginx(port);
    const answers = async (): Promise<Response | undefined> => {
      if (program.end) throw new Error(program.transcript);
      return fetch(nginx.url, { redirect: 'manual' }).catch(() => undefined);
    };
    await until(() => `nginx answers: ${program.transcript}`, answers, { within: 30_000 });
    return nginx;
  }
}
