import { Meter } from './meter.js';

const setup = await (await fetch('/setup.json')).json();
const meter = new Meter();
const select = document.querySelector('#path');
const logList = document.querySelector('#log');
const loggedLines = 200;
const gatherFor = 120;

/** One instance on the page: its frame, and where the blocks it shows came from. */
class Pane {
  alive = false;
  #blocks = new Map();
  #path = '';
  #news = new Map();
  #gathering;

  constructor(name, url) {
    this.name = name;
    this.url = url;
    this.element = document.querySelector(`[data-shop="${name}"]`);
    this.frame = this.element.querySelector('iframe');
  }

  /** Shows a path; within the running app if there is one. */
  go(path) {
    if (path === this.#path) return;
    this.#moved(path);
    if (this.alive) this.#tell({ type: 'go', path });
    else this.frame.src = this.url + path;
  }

  /** Renders the page again on the server and shows the result in place. */
  refresh() {
    if (this.alive) this.#tell({ type: 'refresh' });
    else this.frame.src = this.url + this.#path;
  }

  /** Takes a message of the shop in the frame; returns the path if it moved there by itself. */
  hear(message) {
    this.alive = true;
    if (message.type === 'path' && message.path !== this.#path) {
      this.#moved(message.path);
      return message.path;
    }
    if (message.type === 'block' && message.path === this.#path) {
      this.#blocks.set(message.block, message);
      this.#draw();
      this.#gather(message);
    }
    return undefined;
  }

  #moved(path) {
    this.#path = path;
    this.#blocks.clear();
    const address = this.element.querySelector('.address');
    address.textContent = `:${new URL(this.url).port}${path}`;
    address.href = this.url + path;
    this.#draw();
  }

  #draw() {
    this.element.querySelector('.blocks').replaceChildren(
      ...[...this.#blocks.values()].map((block) => {
        const item = document.createElement('li');
        const { kind, words } = this.#verdict(block);
        item.className = `block ${kind}`;
        item.innerHTML = '<b></b> ';
        item.firstChild.textContent = block.block;
        item.append(words);
        return item;
      }),
    );
  }

  #verdict({ by, fresh }) {
    if (by !== this.name) return { kind: 'hit', words: `hit from ${by}` };
    if (fresh) return { kind: 'generated', words: 'generated here' };
    return { kind: 'kept', words: 'hit' };
  }

  /** Several blocks of one render become one line of the log. */
  #gather(block) {
    const { words } = this.#verdict(block);
    this.#news.set(words, [...(this.#news.get(words) ?? []), block.block]);
    clearTimeout(this.#gathering);
    this.#gathering = setTimeout(() => {
      const found = [...this.#news].map(([verdict, blocks]) => `${blocks.join(', ')} ${verdict}`);
      say(this.name, `rendered ${this.#path}: ${found.join('; ')}`);
      this.#news.clear();
    }, gatherFor);
  }

  #tell(message) {
    this.frame.contentWindow.postMessage({ source: 'larder-demo', ...message }, this.url);
  }
}

const panes = Object.entries(setup.shops).map(([name, url]) => new Pane(name, url));

function say(who, what) {
  const line = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toTimeString().slice(0, 8);
  const name = document.createElement('span');
  name.className = who.toLowerCase();
  name.textContent = who;
  const words = document.createElement('span');
  words.append(name, ` ${what}`);
  line.append(time, words);
  logList.prepend(line);
  while (logList.children.length > loggedLines) logList.lastChild.remove();
}

function show(path) {
  for (const pane of panes) pane.go(path);
  if (![...select.options].some(({ value }) => value === path)) select.add(new Option(path, path));
  select.value = path;
  const product = shownProduct();
  document.querySelector('#webhook').disabled = document.querySelector('#burst').disabled =
    product === undefined;
  history.replaceState(null, '', `#${path}`);
}

function shownProduct() {
  const match = /^\/product\/(\d+)$/.exec(select.value);
  return match ? Number(match[1]) : undefined;
}

function step(by) {
  const index = setup.products.findIndex(({ id }) => id === shownProduct());
  const to =
    setup.products.at((index === -1 ? (by > 0 ? -1 : 0) : index) + by) ?? setup.products[0];
  show(`/product/${to.id}`);
}

async function act(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const result = await answer.json();
  if (!answer.ok) say('demo', `${path} failed: ${result.error}`);
  return answer.ok ? result : undefined;
}

function fillPicker() {
  select.append(new Option('The whole catalogue', '/'));
  for (const { slug, name } of setup.categories) {
    const group = document.createElement('optgroup');
    group.label = name;
    group.append(new Option(`All of ${name.toLowerCase()}`, `/category/${slug}`));
    for (const product of setup.products.filter(({ category }) => category === slug)) {
      group.append(new Option(product.name, `/product/${product.id}`));
    }
    select.append(group);
  }
}

function onClick(id, handler) {
  const button = document.querySelector(id);
  button.addEventListener('click', async () => {
    button.disabled = true;
    await handler();
    button.disabled = false;
  });
}

onClick('#previous', () => step(-1));
onClick('#next', () => step(1));
onClick('#reset', () => act('/reset', {}));
onClick('#reload', () => panes.forEach((pane) => pane.refresh()));
onClick('#webhook', async () => {
  const tag = `product:${shownProduct()}`;
  if (!(await act('/webhook', { shop: 'B', tag }))) return;
  say(
    'B',
    `was told by webhook that ${tag} is stale: the next reader still gets it, and it is refreshed behind`,
  );
  await new Promise((resolve) => setTimeout(resolve, 250));
  panes.forEach((pane) => pane.refresh());
  await new Promise((resolve) =>
    setTimeout(resolve, 600 + Number(document.querySelector('#delay').value)),
  );
  panes.forEach((pane) => pane.refresh());
});
onClick('#burst', async () => {
  const result = await act('/burst', { id: shownProduct() });
  if (!result) return;
  const times = result.generations === 1 ? 'once' : `${result.generations} times`;
  say(
    'demo',
    `${result.requests} requests for an expired product, half on each instance: generated ${times}`,
  );
  panes.forEach((pane) => pane.refresh());
});

onClick('#limit', async () => {
  const result = await act('/limit', {});
  if (!result) return;
  const shown = result.searches.map(({ shop, status }) => `${shop} ${status === 200 ? '✓' : '✗'}`);
  say('demo', `one visitor, eight searches, five allowed: ${shown.join(' ')}`);
});
onClick('#handover', async () => {
  const result = await act('/handover', {});
  if (!result) return;
  const shown = result.steps.map(
    ({ shop, status }) => `${shop} ${status === 200 ? 'had the till' : 'was turned away'}`,
  );
  say('demo', `the lock of the till: ${shown.join(', ')}`);
});

select.addEventListener('change', () => show(select.value));

const delay = document.querySelector('#delay');
const delayShown = document.querySelector('#delay-shown');
delay.addEventListener('input', () => (delayShown.textContent = `${delay.value} ms`));
delay.addEventListener('change', () => act('/delay', { ms: Number(delay.value) }));

window.addEventListener('message', ({ source, origin, data }) => {
  const pane = panes.find(({ frame, url }) => frame.contentWindow === source && url === origin);
  if (!pane || data?.source !== 'larder-shop') return;
  if (data.type === 'edited') {
    say(pane.name, 'changed a price: the other instance is asked to render again');
    panes.filter((other) => other !== pane).forEach((other) => other.refresh());
  }
  const moved = pane.hear(data);
  if (moved !== undefined) show(moved);
});

new EventSource('/events').addEventListener('message', ({ data }) => {
  const stats = JSON.parse(data);
  const asked = meter.show(stats);
  const names = [...asked].map(([name, count]) => (count > 1 ? `${name} (${count} times)` : name));
  if (names.length > 0) say('origin', `was asked for ${names.join(', ')}`);
  if (document.activeElement !== delay) {
    delay.value = stats.delayMs;
    delayShown.textContent = `${stats.delayMs} ms`;
  }
});

fillPicker();
show(location.hash.startsWith('#/') ? location.hash.slice(1) : '/product/3');
