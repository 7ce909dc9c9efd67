import { once } from 'node:events';
import WebSocket from 'ws';
import { read, write } from '../next/dist/wire/codec.js';
import { NO_LEASE, PROTOCOL_VERSION, UNKNOWN } from '../next/dist/wire/frame.js';
import { checksumOf } from '../next/dist/wire/value.js';
import { Writer } from '../next/dist/wire/writer.js';

/** A process of an app, as a server sees it: a connection that says who it is, and what it does. */
export class Member {
  #socket;
  #answers = new Map();
  #last = 0;
  #identity;
  /** The point of history it knows. */
  known = UNKNOWN;

  constructor(socket, identity) {
    this.#socket = socket;
    this.#identity = identity;
    socket.binaryType = 'nodebuffer';
    socket.on('error', () => {});
    socket.on('message', (message) => {
      for (const frame of read([message])) this.#answers.get(frame.requestId)?.(frame);
    });
  }

  /**
   * Connects one.
   *
   * @param {string} url of the server
   * @param {string} namespace
   * @param {{ instance: string, host: string, build: string }} who
   * @param {string} [token] if the server asks for one
   */
  static async join(url, namespace, who, token) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/${namespace}/connect`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    await once(socket, 'open');
    const member = new Member(socket, {
      pid: 4242,
      client: '@larder/next 0.1.0',
      framework: 'next 16.4.6',
      runtime: 'node 22.14.0',
      consistency: 'strict',
      transport: 'websocket',
      ...who,
    });
    const hello = { operation: 'HELLO', version: PROTOCOL_VERSION, client: 'test', known: UNKNOWN };
    member.known = (await member.ask(hello)).current;
    await member.ask({ operation: 'IDENTIFY', ...member.#identity });
    return member;
  }

  /** Sends a request; what was answered. */
  ask(request) {
    const id = ++this.#last;
    const to = new Writer();
    write(to, request, id);
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (frame) => {
        this.#answers.delete(id);
        if (frame.operation === 'ERROR') reject(new Error(JSON.stringify(frame)));
        else resolve(frame);
      });
      this.#socket.send(Buffer.concat(to.take()));
    });
  }

  lookup(key, leaseWanted = false) {
    return this.ask({
      operation: 'LOOKUP',
      key: Buffer.from(key),
      softTags: [],
      leaseWanted,
      waitBudget: 0,
    });
  }

  put(key, content) {
    const { label, kind = 'page', tags, bytes = 2000, took = 120, life = {} } = content;
    const { lease = NO_LEASE } = content;
    const value = [Buffer.alloc(bytes, 'v')];
    const { instance, build } = this.#identity;
    return this.ask({
      operation: 'PUT',
      key: Buffer.from(key),
      asof: this.known,
      lease,
      content: {
        tags,
        life: { stale: 60, revalidate: 900, expire: 3600, ...life },
        age: 0,
        checksum: checksumOf(value),
        value,
      },
      origin: { label, kind, build, instance, generation: took },
    });
  }

  async invalidate(tags, { expire = 0, action = 'updateTag', path = '/admin' } = {}) {
    const source = { action, path, instance: this.#identity.instance };
    const { asof } = await this.ask({ operation: 'INVALIDATE', tags, expire, source });
    this.known = asof;
  }

  report({ near, fresh, stale = 0, miss = 0, bypass = 0, known = this.known, renders = [] }) {
    return this.ask({
      operation: 'REPORT',
      known,
      lookups: { near, fresh, stale, miss, bypass, failed: 0 },
      saved: near * 120,
      near: { entries: 40, bytes: 3 << 20, limit: 32 << 20 },
      hottest: [],
      renders,
    });
  }

  leave() {
    this.#socket.close();
  }
}
