import burst from './burst.mjs';
import connections from './growth/connections.mjs';
import entries from './growth/entries.mjs';
import marks from './growth/marks.mjs';
import sizes from './growth/sizes.mjs';
import deploy from './deploy.mjs';
import expiry from './expiry.mjs';
import invalidation from './invalidation.mjs';
import near from './near.mjs';
import outage from './outage.mjs';
import recording from './recording.mjs';
import redisEngine from './redis-engine.mjs';
import redisSdk from './redis-sdk.mjs';
import remote from './remote.mjs';
import serverGets from './server-gets.mjs';
import serverStart from './server-start.mjs';
import stall from './stall.mjs';
import steady from './steady.mjs';
import tags from './tags.mjs';
import tls from './tls.mjs';
import writes from './writes.mjs';

/** The rows of the report, in its order. @type {import('../measurement/row.mjs').Row[]} */
export const rows = [
  near,
  remote,
  tls,
  writes,
  invalidation,
  tags,
  stall,
  burst,
  steady,
  expiry,
  deploy,
  outage,
  entries,
  marks,
  connections,
  sizes,
  serverGets,
  serverStart,
  recording,
  redisSdk,
  redisEngine,
];
