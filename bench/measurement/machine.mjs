import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { redisServer } from '@larder/harness/redis';
import { node } from './testbed.mjs';

/**
 * The machine a run was made on, without anything that names it.
 *
 * @typedef {{ processor: string, cores: number, memory: number, kernel: string,
 *   versions: Record<string, string> }} Machine `memory` in bytes
 *
 * @returns {Machine}
 */
export function machine() {
  const { LARDER_JAVA: java = 'java' } = process.env;
  return {
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memory: memory(),
    kernel: `${os.type()} ${os.release()}`,
    versions: {
      'Node.js': said(node, '--version').trim().replace('v', ''),
      JDK: /version "([^"]+)"/.exec(said(java, '-version'))?.[1] ?? '',
      Redis: /v=(\S+)/.exec(said(redisServer(), '--version'))?.[1] ?? '',
    },
  };
}

/** Bytes this machine has, or what its container is limited to if that is less. */
function memory() {
  const limit = '/sys/fs/cgroup/memory.max';
  const allowed = existsSync(limit) ? Number(readFileSync(limit, 'utf8')) : NaN;
  return Math.min(os.totalmem(), Number.isFinite(allowed) ? allowed : Infinity);
}

/** What a program prints, on whichever stream; nothing when there is no such program. */
function said(command, ...args) {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
