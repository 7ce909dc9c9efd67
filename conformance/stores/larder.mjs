import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Larder } from '@larder/harness/larder';
import { NotSupported } from '../fleet/finding.mjs';

/** A Larder server as the store of a fleet. */
export class LarderStore extends Larder {
  #data;

  /** @param {string[]} options of `larder serve` */
  constructor(port, data, options = []) {
    super(port, data, options);
    this.#data = data;
  }

  /** Changes one byte in every file that holds `value`, while the server is down. */
  async damage(value) {
    await this.kill();
    const damaged = filesIn(this.#data).filter((file) => damage(file, value));
    await this.start();
    if (damaged.length === 0) throw new NotSupported('the value was not found in the store');
  }
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());
}

function damage(file, value) {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(value.subarray(0, 64));
  if (at < 0) return false;
  bytes[at + 32] ^= 0x40;
  writeFileSync(file, bytes);
  return true;
}
