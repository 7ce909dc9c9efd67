import remote from './remote.mjs';

/** Why it costs more. */
const WHY =
  'each byte is encrypted by the server and decrypted by Node.js, in records of 16 KB, each of which is a call of its own there. Of one request ' +
  'that is little; of many large values at a time it is a part of the processor time that no protocol of ours can save.';

/** What reads of both sizes may cost over TLS, in times of the same without, as in `remote`. */
const LIMITS = {
  'p50-10': 1.4,
  'rate-10': 0.7,
  'cpu-10': 1.4,
  'p50-100': 1.6,
  'rate-100': 0.5,
  'cpu-100': 1.8,
};

/**
 * What encryption costs those who read.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'tls',
  title: 'Reading over TLS',
  work:
    'As in the row before: instance B reads what A generated, with nothing kept in the process. The server speaks HTTPS and WebSocket over it ' +
    '(`--tls-cert`), both instances trust its authority (`LARDER_CA`), and connections are kept. Beside it the same without TLS.',
  measures: remote.measures.map((measure) => ({
    ...measure,
    targets: [{ subject: 'larder-tls', against: 'larder', limit: LIMITS[measure.name], why: WHY }],
  })),
  subjects: ['larder', 'larder-tls'],
  run: remote.run,
};
