'use client';

import { useEffect, useState, type FormEvent } from 'react';

interface Product {
  id: number;
  name: string;
}

interface Sale {
  id: number;
  count: number;
  total: number;
  by: string;
}

interface TillProps {
  instance: string;
  cart: Record<string, number>;
  products: Product[];
}

/** Cart, search, checkout and the ticker of what is sold. */
export function Till({ instance, cart: initial, products }: TillProps) {
  const [cart, setCart] = useState(initial);
  const [outcome, setOutcome] = useState('');
  const [found, setFound] = useState<{ status: number; text: string; left: string }>();
  const [sales, setSales] = useState<Sale[]>([]);
  const [listening, setListening] = useState(false);

  useEffect(() => {
    const ticker = new EventSource('/api/till/ticker');
    ticker.onopen = () => setListening(true);
    ticker.onmessage = ({ data }) =>
      setSales((before) => [JSON.parse(data) as Sale, ...before].slice(0, 8));
    return () => ticker.close();
  }, []);

  const nameOf = (id: number) => products.find((each) => each.id === id)?.name ?? `product ${id}`;

  async function add(id: number) {
    const answer = await post('/api/till/cart', { id });
    if (answer.ok) setCart((await answer.json()).cart);
  }

  async function search(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const query = String(new FormData(event.currentTarget).get('q') ?? '');
    const answer = await fetch(`/api/till/search?q=${encodeURIComponent(query)}`);
    const body = await answer.json();
    setFound({
      status: answer.status,
      text: answer.ok
        ? body.found.map(({ name }: Product) => name).join(', ') || 'nothing'
        : body.error,
      left: answer.headers.get('x-ratelimit-remaining') ?? '',
    });
  }

  async function checkout() {
    const answer = await post('/api/till/checkout', {});
    const body = await answer.json();
    setOutcome(answer.ok ? `Sold by ${body.instance}.` : body.error);
    if (answer.ok) setCart({});
  }

  return (
    <div className="till-grid" data-listening={listening}>
      <section className="counter">
        <h2>Cart</h2>
        <ul className="till-products">
          {products.map(({ id, name }) => (
            <li key={id}>
              <button type="button" onClick={() => add(id)} data-add={id}>
                {name}
              </button>
              <output data-in-cart={id}>{cart[id] ?? 0}</output>
            </li>
          ))}
        </ul>
        <button type="button" onClick={checkout} className="till-buy">
          Check out on {instance}
        </button>
        <p role="status" id="checkout-outcome">
          {outcome || 'One at a time: a lock with an owner.'}
        </p>
      </section>
      <section className="counter">
        <h2>Search</h2>
        <form onSubmit={search} className="till-search">
          <input name="q" type="search" aria-label="Part of a name" placeholder="tea" />
          <button type="submit">Search</button>
        </form>
        <p role="status" id="search-outcome" data-status={found?.status}>
          {found
            ? `${found.text} (${found.left} left)`
            : 'Five in ten seconds, however many instances.'}
        </p>
        <h2>Just sold</h2>
        <ul className="till-ticker" aria-live="polite">
          {sales.length === 0 && <li>Nothing yet.</li>}
          {sales.map(({ id, count, total, by }, i) => (
            <li key={sales.length - i} data-sold={id}>
              {count} × {nameOf(id)} on {by}, {total} in all
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function post(path: string, body: object): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
