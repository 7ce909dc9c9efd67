import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Larder } from '@larder/harness/larder';
import { NotSupported } from '../fleet/finding.mjs';

/** A Larder server as the store of a fleet. */
export class LarderStore extends Larder {
  #data;

  /**
   * @param {number} port
   * @param {string} data its data directory
   * @param {string[]} options of `larder serve`
   * @param {string} [authority] has signed its certificate, in PEM
   */
  constructor(port, data, options = [], authority) {
    super(port, data, options, authority);
    this.#data = data;
  }

  /**
   * Changes one byte in every file that holds `value`, while the server is down.
   *
   * @param {Buffer} value as it was stored, which nothing makes smaller
   * @throws {NotSupported} when no file holds it
   */
  async damage(value) {
    await this.kill();
    const damaged = filesIn(this.#data).filter((file) => damage(file, value));
    await this.start();
    if (damaged.length === 0) throw new NotSupported('the value was not found in the store');
  }
}

/** All files below a directory. */
function filesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());
}

/** Whether a file holds the value, of which it is changed then. */
function damage(file, value) {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(value.subarray(0, 64));
  if (at < 0) return false;
  bytes[at + 32] ^= 0x40;
  writeFileSync(file, bytes);
  return true;
}
