import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installChromium, launchBrowser } from '@larder/harness/chromium';
import { commandLine } from '@larder/harness/command-line';
import { whyNoServer } from '@larder/harness/larder';
import { Fleet } from './support/fleet.mjs';
import { LOOKS, open, SCREENS, settled } from './support/page.mjs';

const usage = `Usage: npm -w dashboard run pictures -- [directory]

  directory   where to; pictures/ if it is not given

Takes a picture of every screen over a live fleet, and of the page that signs in, in both themes, on a phone and a
desk: to look at them.`;

const { positionals, refuse } = commandLine(usage, { name: 'pictures', positionals: true });
const missing = whyNoServer();
if (missing) refuse(missing);
const [directory = 'pictures'] = positionals;

/** Milliseconds in which the charts have something to show. */
const SEEN = 40_000;

mkdirSync(directory, { recursive: true });
installChromium();
const [fleet, browser] = await Promise.all([Fleet.start(), launchBrowser()]);
const rest = fleet.bustle();
await Promise.all(
  LOOKS.map(async (look) => {
    const { page } = await open(browser, `${fleet.larder.url}/#/overview?ns=shop`, look);
    await pause(SEEN);
    for (const screen of SCREENS) {
      const asked = screen === 'explain' ? '&q=/product/5' : '';
      await page.goto(`${fleet.larder.url}/#/${screen}?ns=shop${asked}`);
      await settled(page);
      const name = `${screen}-${look.colorScheme}-${look.viewport.width}.png`;
      await page.screenshot({ path: join(directory, name) });
    }
  }),
);
rest();
await fleet.stop();
const locked = await Fleet.locked('a-token-nobody-types');
for (const look of LOOKS) {
  const { page } = await open(browser, locked.larder.url, look);
  await page.getByText('This server asks for a token.').waitFor();
  const name = `sign-in-${look.colorScheme}-${look.viewport.width}.png`;
  await page.screenshot({ path: join(directory, name) });
}
await browser.close();
await locked.stop();
