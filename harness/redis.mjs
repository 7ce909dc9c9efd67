import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.mjs';
import { Program } from './program.mjs';
import { until } from './until.mjs';

const host = '127.0.0.1';

/**
 * Ports for the masters of a cluster: each also listens 10,000 above, which is to lie below those that
 * systems choose from, too.
 */
const BELOW_BUS = 2_700;
const run = promisify(execFile);

/** The server that is started: Redis, or what LARDER_REDIS names. A path, or a name on the PATH. */
export function redisServer() {
  return process.env.LARDER_REDIS ?? 'redis-server';
}

/**
 * Its client on the command line. For Valkey the one beside its server, else `redis-cli` on the
 * PATH.
 */
export function redisClient() {
  const server = redisServer();
  return server.includes('valkey') ? server.replace('-server', '-cli') : 'redis-cli';
}

/**
 * A store that several servers share: one Redis, two with a sentinel, or three as a cluster. Each
 * write is on disk before it is answered (`appendfsync always`), so a crash loses nothing.
 */
export class Redis {
  /** @type {Node[]} */ #nodes;
  /** @type {string | undefined} */ #url;

  /** @param {Node[]} nodes running already */
  constructor(nodes) {
    this.#nodes = nodes;
  }

  /**
   * One server, over what it has on disk.
   *
   * @param {string} directory of this test; its files are in a directory of it
   * @param {Record<string, string>} settings of it, which count more than ours
   */
  static async alone(directory, settings = {}) {
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const node = new Node(await freePort(), join(directory, 'redis'), options);
    await node.start();
    return new Redis([node]);
  }

  /**
   * Three masters. Done when all of them say that the cluster is whole.
   *
   * @param {string} directory of this test
   */
  static async cluster(directory) {
    const nodes = [];
    for (let n = 0; n < 3; n++) {
      const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
      nodes.push(new Node(await freePort(BELOW_BUS), join(directory, `redis-${n}`), options));
    }
    const cluster = new Redis(nodes);
    try {
      await Promise.all(nodes.map((node) => node.start()));
      const addresses = nodes.map(({ address }) => address);
      await nodes[0].run('--cluster', 'create', ...addresses, '--cluster-yes');
      for (const node of nodes) {
        await until('the cluster is whole', async () =>
          (await node.run('CLUSTER', 'INFO')).includes('cluster_state:ok'),
        );
      }
    } catch (error) {
      // Who asked for it has nothing to end, and would never end itself.
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /**
   * A master, a replica of it, and a sentinel that puts one in the place of the other within seconds.
   * Done when the sentinel knows both.
   *
   * @param {string} directory of this test
   */
  static async sentinel(directory) {
    const master = new Node(await freePort(), join(directory, 'redis-master'), []);
    await master.start();
    const of = ['--replicaof', `${host} ${master.port}`];
    const replica = new Node(await freePort(), join(directory, 'redis-replica'), of);
    await replica.start();
    const watch = join(directory, 'sentinel.conf');
    const port = await freePort();
    writeFileSync(
      watch,
      [
        `port ${port}`,
        `bind ${host}`,
        `sentinel monitor larder ${host} ${master.port} 1`,
        'sentinel down-after-milliseconds larder 1000',
        'sentinel failover-timeout larder 5000',
      ].join('\n'),
    );
    const sentinel = new Node(port, join(directory, 'sentinel'), [], [watch, '--sentinel']);
    await sentinel.start();
    await until('the sentinel knows the replica', async () =>
      (await sentinel.run('SENTINEL', 'REPLICAS', 'larder')).includes(`${replica.port}`),
    );
    const redis = new Redis([master, replica, sentinel]);
    redis.#url = `redis-sentinel://${sentinel.address}#larder`;
    return redis;
  }

  /** The address a server of Larder is given, as its `--store`. */
  get url() {
    const addresses = this.#nodes.map(({ address }) => address).join(',');
    return this.#url ?? `${this.#nodes.length > 1 ? 'redis-cluster' : 'redis'}://${addresses}`;
  }

  /** Ends the first of them as a power cut would, and leaves it so. */
  kill() {
    return this.#nodes[0].kill();
  }

  /** What they printed last, for people. */
  get transcript() {
    return this.#nodes.map(({ transcript }) => transcript).join('\n');
  }

  /** What the first of them answers to a command, as its command line shows it. */
  run(...command) {
    return this.#nodes[0].run(...command);
  }

  /** Stops all of them in their tracks. */
  freeze() {
    for (const node of this.#nodes) node.signal('SIGSTOP');
  }

  /** Lets those that are frozen go on. */
  thaw() {
    for (const node of this.#nodes) node.signal('SIGCONT');
  }

  /** Throws everything away that is stored. Done when each has said so. */
  async empty() {
    for (const node of this.#nodes) await node.run('FLUSHALL');
  }

  /** Ends the first of them as a power cut would, and starts it again over what it has on disk. */
  async crash() {
    await this.#nodes[0].kill();
    await this.#nodes[0].start();
  }

  /** Ends them, as their operator would. */
  async stop() {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }
}

/** One process of them, on loopback. */
class Node {
  /** @readonly */ port;
  #directory;
  #options;
  #command;
  #program;

  /**
   * @param {number} port
   * @param {string} directory where its files are, which is made if it is not there
   * @param {string[]} options of its command line, beside those for port and files
   * @param {string[]} [command] the whole command line in place of all that
   */
  constructor(port, directory, options, command) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
    this.#command = command;
  }

  get address() {
    return `${host}:${this.port}`;
  }

  get transcript() {
    return this.#program?.transcript ?? 'redis was not started';
  }

  /** Starts it over what it has on disk; done when it answers. */
  async start() {
    mkdirSync(this.#directory, { recursive: true });
    const args = this.#command ?? [
      ...['--port', `${this.port}`, '--bind', host, '--dir', this.#directory, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', ...this.#options],
    ];
    this.#program = new Program('redis', { command: redisServer(), args });
    await until(
      () => `redis answers: ${this.transcript}`,
      async () => (await this.run('PING')).includes('PONG'),
      { within: 60_000 },
    );
  }

  /**
   * What it answers to a command, or why it does not.
   *
   * @param {...string} command
   * @returns {Promise<string>} never rejects
   */
  async run(...command) {
    return run(redisClient(), ['-p', `${this.port}`, ...command]).then(
      ({ stdout }) => stdout,
      (error) => String(error),
    );
  }

  signal(name) {
    this.#program.signal(name);
  }

  async kill() {
    await this.#program?.kill();
  }

  async stop() {
    await this.#program?.stop();
  }
}
