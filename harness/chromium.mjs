import { chromium } from 'playwright-core';
import { findOrInstall, findProgram } from './programs.mjs';

// Playwright does not look along the PATH.
const names = [
  process.env.CHROMIUM,
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * Installs Chromium with apt-get when there is none.
 *
 * @throws {Error} that says what to do when it cannot be had
 */
export function installChromium() {
  findOrInstall('Chromium or Chrome', names, {
    packages: ['chromium'],
    remedy: 'install one, or name it in CHROMIUM',
  });
}

/**
 * Starts a headless Chromium with an empty profile, which asks no other hosts than those of the
 * test.
 *
 * @param {string[]} further switches of its command line
 * @returns {Promise<import('playwright-core').Browser>} to be closed by the caller
 * @throws {Error} when there is none: `installChromium` comes first
 */
export function launchBrowser(further = []) {
  return chromium.launch({
    executablePath: findProgram(names),
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-background-networking',
      '--disable-gpu',
      '--disable-quic',
      '--no-proxy-server',
      ...further,
    ],
  });
}
