import { spawnSync } from 'node:child_process';
import { Program } from './program.mjs';
import { temporaryDirectory } from './temporary.mjs';
import { until } from './until.mjs';

const names = [
  process.env.CHROMIUM,
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const patience = 30_000;

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function findChromium() {
  return names.find((name) => name && works(name, '--version'));
}

/** Installs Chromium with apt-get when there is none; throws when it cannot be had. */
export function installChromium() {
  if (findChromium()) return;
  const mayInstall = process.getuid?.() === 0 && works('apt-get', '--version');
  if (mayInstall) {
    console.log('e2e: installing Chromium with apt-get');
    const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    apt('-qq', 'update');
    apt('-qq', '-y', '--no-install-recommends', 'install', 'chromium');
    if (findChromium()) return;
  }
  throw new Error(
    `no Chromium or Chrome was found${mayInstall ? ', and apt-get could not install it' : ''}; ` +
      'install one, or name it in CHROMIUM',
  );
}

/** A headless Chromium with an empty profile, driven over its debugging pipe. */
export class Browser {
  #program;
  #calls = new Map();
  #listeners = new Set();
  #lastCall = 0;
  #rest = '';

  constructor() {
    const args = ['--headless=new', '--remote-debugging-pipe', '--no-first-run', '--disable-gpu'];
    args.push('--disable-dev-shm-usage', '--no-proxy-server');
    args.push(`--user-data-dir=${temporaryDirectory()}`);
    if (process.getuid?.() === 0) args.push('--no-sandbox');
    this.#program = new Program('chromium', {
      command: findChromium(),
      args: [...args, 'about:blank'],
      pipes: 2,
    });
    this.#program.pipes[1].setEncoding('utf8').on('data', (text) => this.#hear(text));
  }

  /** Opens a tab, which records the requests it sends. */
  async open(url) {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, sessionId);
    await tab.visit(url);
    return tab;
  }

  /** Calls a method of the DevTools protocol. */
  call(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastCall;
    this.#program.pipes[0].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new Error(`no answer to ${method} from ${this.#program.transcript}`));
      this.#calls.set(id, { resolve, reject, timer: setTimeout(late, patience) });
    });
  }

  /** Has `listener` told about every event of the DevTools protocol. */
  listen(listener) {
    this.#listeners.add(listener);
  }

  /** Ends the browser. */
  async stop() {
    await this.#program.kill();
  }

  #hear(text) {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop();
    for (const { id, result, error, ...event } of messages.map((message) => JSON.parse(message))) {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      clearTimeout(call?.timer);
      if (error) call?.reject(new Error(error.message));
      else if (call) call.resolve(result);
      else for (const listener of this.#listeners) listener(event);
    }
  }
}

/** One tab of a browser. */
export class Tab {
  /** The requests it sent, as DevTools shows them. */
  requests = [];
  /** The answers it got, as DevTools shows them. */
  answers = [];
  #browser;
  #session;
  #loaded = new Set();

  constructor(browser, session) {
    this.#browser = browser;
    this.#session = session;
    browser.listen(({ sessionId, method, params }) => {
      if (sessionId !== session) return;
      if (method === 'Network.requestWillBeSent') this.requests.push(params.request);
      if (method === 'Network.responseReceived') this.answers.push(params.response);
      if (method === 'Page.lifecycleEvent' && params.name === 'load') {
        this.#loaded.add(params.loaderId);
      }
    });
  }

  /** Goes to an address; done when the page is loaded. */
  async visit(url) {
    await this.#call('Network.enable');
    await this.#call('Page.enable');
    await this.#call('Page.setLifecycleEventsEnabled', { enabled: true });
    const { errorText, loaderId } = await this.#call('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await until(`${url} is loaded`, () => this.#loaded.has(loaderId), { within: patience });
  }

  /** The value of a JavaScript expression in the page. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  #call(method, params) {
    return this.#browser.call(method, params, this.#session);
  }
}
