// It runs inside Watt, which puts what it needs on globalThis; here that is put there without Watt.
import { EventEmitter } from 'node:events';
import client from '@platformatic/prom-client';

globalThis.platformatic = {
  applicationId: 'conformance',
  workerId: process.pid,
  root: new URL('.', import.meta.url).href,
  logLevel: 'warn',
  config: {
    cache: {
      adapter: 'valkey',
      url: process.env.REDIS_URL,
      prefix: 'conformance',
      maxTTL: 86400 * 7,
    },
  },
  events: new EventEmitter(),
  prometheus: { client, registry: new client.Registry() },
};

const { default: handler } = await import(
  new URL('../node_modules/@platformatic/next/lib/caching/valkey-components.js', import.meta.url)
    .href
);
export default handler;
