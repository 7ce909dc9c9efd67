import { spawnSync } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';
import { chromium } from 'playwright-core';

const names = [
  process.env.CHROMIUM,
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function findChromium() {
  return names.flatMap(pathsOf).find((path) => works(path, '--version'));
}

/** Where a program may be: Playwright does not look along the PATH. */
function pathsOf(name) {
  if (!name || isAbsolute(name)) return name ? [name] : [];
  return process.env.PATH.split(delimiter).map((folder) => join(folder, name));
}

/** Installs Chromium with apt-get when there is none; throws when it cannot be had. */
export function installChromium() {
  if (findChromium()) return;
  const mayInstall = process.getuid?.() === 0 && works('apt-get', '--version');
  if (mayInstall) {
    console.log('e2e: installing Chromium with apt-get');
    const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    apt('-qq', 'update');
    apt('-qq', '-y', '--no-install-recommends', 'install', 'chromium');
    if (findChromium()) return;
  }
  throw new Error(
    `no Chromium or Chrome was found${mayInstall ? ', and apt-get could not install it' : ''}; ` +
      'install one, or name it in CHROMIUM',
  );
}

/** Starts a headless Chromium with an empty profile, which asks no other hosts than those of the test. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: findChromium(),
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-background-networking',
      '--disable-gpu',
      '--disable-quic',
      '--no-proxy-server',
    ],
  });
}
