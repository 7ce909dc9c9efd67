import remote from './remote.mjs';

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
    '(`--tls-cert`), both instances trust its authority (`LARDER_CA`), and connections are kept. Beside it the same without TLS. Each byte is encrypted by the ' +
    'server and decrypted by Node.js, in records of 16 KB: the larger the value, the more of the time that is.',
  measures: remote.measures.map((measure) => ({ ...measure, targets: [] })),
  subjects: ['larder', 'larder-tls'],
  run: remote.run,
};
