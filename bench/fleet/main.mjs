// Runs one or more subjects in a fleet of real instances and prints what came of it as JSON.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../examples/shop/e2e/support/temporary.mjs';
import { subjects } from '../../conformance/subjects/index.mjs';
import { bursts } from './burst.mjs';
import { Instances, built } from './instances.mjs';
import { Origin } from './origin.mjs';
import { steady } from './steady.mjs';

const [seconds, times, ...names] = process.argv.slice(2);
const directory = temporaryDirectory();
const app = await built(directory);
for (const name of names) {
  for (const kind of ['burst', 'steady']) {
    const takes = kind === 'burst' ? 300 : 50;
    const place = join(directory, `${name}-${kind}`);
    mkdirSync(place);
    const deployment = await subjects[name].deploy(place);
    const origin = new Origin({ delay: takes, bytes: 10_000 });
    await origin.start();
    const cache = deployment.alone ? 'none' : name.startsWith('larder') ? 'larder' : 'handler';
    const instances = await Instances.start(deployment, { app, origin: origin.url, count: 4, cache });
    const progress = (line) => console.error(`${name} ${kind}: ${line}`);
    try {
      const result = kind === 'burst'
        ? await bursts(instances, origin, { times: Number(times), each: 50, progress })
        : await steady(instances, origin, { seconds: Number(seconds), rate: 150, items: 2000, takes, progress });
      if (result.latencies) { const l = result.latencies; result.latencies = [0.5, 0.99, 0.999].map((q) => l[Math.floor(q * l.length)]); }
      console.log(name, kind, JSON.stringify(result));
    } finally {
      await instances.stop();
      await origin.stop();
      await deployment.stop();
    }
  }
}
process.exit();
