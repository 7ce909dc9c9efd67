import burst from './burst.mjs';
import near from './near.mjs';
import remote from './remote.mjs';
import steady from './steady.mjs';
import writes from './writes.mjs';

/** The rows of the report, in its order. @type {import('../harness/row.mjs').Row[]} */
export const rows = [near, remote, writes, burst, steady];
