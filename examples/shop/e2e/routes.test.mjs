import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import { Checkout } from '@larder/harness/checkout';
import { Fleet } from './support/fleet.mjs';
import { gazette } from './support/instance.mjs';
import { routeGuarantees } from './versions/route-guarantees.mjs';

describe('An app without Cache Components', () => {
  const fleet = Fleet.ofSuite('e2e-routes', { names: [], delay: 300 });

  before(() =>
    fleet.explained(async () => {
      const { larder, namespace } = fleet;
      // What happened before a build must not matter to its pages.
      await larder.invalidate(namespace, ['_N_T_/layout', '_N_T_/press/1', '_N_T_/sealed/1']);
      const checkout = new Checkout(join(fleet.directory, 'checkout'), gazette);
      const output = await checkout.build({ LARDER_URL: larder.url, LARDER_NAMESPACE: namespace });
      const lines = output.split('\n').filter((line) => line.includes('larder:'));
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(
        lines[0],
        /the pages of this build count as of revision \d+ of e2e-routes at http/,
      );
      for (const name of ['A', 'B']) await fleet.join(name, { directory: checkout.app });
    }),
  );

  for (const [sentence, holds] of Object.entries(routeGuarantees())) {
    fleet.test(sentence, () => holds(fleet));
  }
});
