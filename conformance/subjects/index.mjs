import { larder, larderHttp } from './larder.mjs';
import { builtIn, leejpsd, mrjasonroy, nimpl, official, platformatic, turbo } from './peers.mjs';

/** All handlers with an entry in the table, by what they are called on the command line. */
export const subjects = {
  larder,
  'larder-http': larderHttp,
  'built-in': builtIn,
  official,
  leejpsd,
  turbo,
  nimpl,
  mrjasonroy,
  platformatic,
};
