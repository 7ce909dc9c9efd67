import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Database } from './database.mjs';
import { createOrigin } from './service.mjs';

const {
  ORIGIN_PORT = '7401',
  ORIGIN_HOST = '127.0.0.1',
  ORIGIN_DB = fileURLToPath(new URL('../data/shop.sqlite', import.meta.url)),
  ORIGIN_DELAY_MS = '400',
} = process.env;

const usage = `Usage: npm run origin -- [options]

  --port N        where it listens (${ORIGIN_PORT})
  --host HOST     on which address (${ORIGIN_HOST})
  --db FILE       its database (${ORIGIN_DB})
  --delay-ms N    milliseconds each query takes (${ORIGIN_DELAY_MS})`;

const flags = readFlags();
if (flags.help) {
  console.log(usage);
  process.exit();
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: ORIGIN_PORT },
        host: { type: 'string', default: ORIGIN_HOST },
        db: { type: 'string', default: ORIGIN_DB },
        'delay-ms': { type: 'string', default: ORIGIN_DELAY_MS },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(`origin: ${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}

function wholeNumber(name, text, max) {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  console.error(`origin: ${name} must be a whole number from 0 to ${max}, not "${text}"`);
  process.exit(2);
}

const port = wholeNumber('--port', flags.port, 65_535);
const delayMs = wholeNumber('--delay-ms', flags['delay-ms'], 60_000);
const database = new Database(flags.db);
const server = createOrigin({ database, delayMs, log: (line) => console.log(`origin: ${line}`) });

server.on('error', (error) => {
  database.close();
  console.error(
    error.code === 'EADDRINUSE'
      ? `origin: port ${port} is busy; choose another with --port or ORIGIN_PORT`
      : `origin: ${error.message}`,
  );
  process.exit(1);
});
server.listen(port, flags.host, () => {
  console.log(
    `origin: http://${flags.host}:${server.address().port} from ${flags.db}, ${delayMs} ms per query`,
  );
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    database.close();
    process.exit(0);
  });
}
