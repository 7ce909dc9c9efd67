const seconds = 60;

/** The live display of the origin's counters: total, one row per query, and the last minute as bars. */
export class Meter {
  #total = document.querySelector('#total');
  #rows = document.querySelector('#queries');
  #spark = document.querySelector('#spark');
  #bars = Array(seconds).fill(0);
  #known;

  constructor() {
    setInterval(() => {
      this.#bars.push(0);
      this.#bars.shift();
      this.#drawBars();
    }, 1000);
    this.#drawBars();
  }

  /** Shows new counters; returns what was asked since the last ones, name to count. */
  show({ total, queries }) {
    const before = this.#known;
    const asked = new Map();
    for (const [name, count] of Object.entries(before ? queries : {})) {
      const more = count - (before.queries[name] ?? 0);
      if (more > 0) asked.set(name, more);
    }
    if (before && total > before.total) {
      this.#bars[seconds - 1] += total - before.total;
      this.#drawBars();
      flash(this.#total);
    }
    this.#known = { total, queries };
    this.#total.textContent = total;
    this.#drawRows(queries, asked);
    return asked;
  }

  #drawRows(queries, asked) {
    const rows = Object.entries(queries).sort(([, a], [, b]) => b - a);
    this.#rows.replaceChildren(
      ...rows.map(([name, count]) => {
        const row = document.createElement('li');
        row.append(name, Object.assign(document.createElement('span'), { textContent: count }));
        if (asked.has(name)) flash(row);
        return row;
      }),
    );
    if (rows.length === 0) this.#rows.innerHTML = '<li class="empty">nothing yet</li>';
  }

  #drawBars() {
    const highest = Math.max(4, ...this.#bars);
    const width = 240 / seconds;
    const bars = this.#bars.map((count, i) => {
      const height = (count / highest) * 42;
      return count
        ? `<rect x="${i * width}" y="${44 - height}" width="${width - 1}" height="${height}" rx="1"/>`
        : '';
    });
    this.#spark.innerHTML = `<line x1="0" y1="43.5" x2="240" y2="43.5"/>${bars.join('')}`;
  }
}

function flash(element) {
  element.classList.remove('flash');
  void element.offsetWidth;
  element.classList.add('flash');
}
