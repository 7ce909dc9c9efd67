'use client';

import { useActionState, useEffect } from 'react';
import { refusals, type Refusal } from '@/shop/refusals';
import { setPrice, type PriceFormState } from '@/shop/set-price';
import { tellFrame } from './frame/messages';

interface PriceFormProps {
  id: number;
  price: string;
  refused: Refusal | undefined;
}

const untouched = 'Goes to the origin, and expires what every instance has cached of it.';

/** The shopkeeper's price tag for one product: a form that works with and without JavaScript. */
export function PriceForm({ id, price, refused }: PriceFormProps) {
  const initial: PriceFormState = refused
    ? { outcome: 'refused', message: refusals[refused], typed: price }
    : { outcome: 'none' };
  const [state, submit, pending] = useActionState(setPrice, initial, `/product/${id}`);
  const shown = state.outcome === 'refused' ? state.typed : price;

  useEffect(() => {
    if (state.outcome === 'saved') tellFrame({ type: 'edited', path: window.location.pathname });
  }, [state]);

  return (
    <form action={submit} className="price-form">
      <input type="hidden" name="id" value={id} />
      <label htmlFor="price">Price in euros</label>
      <div className="price-row">
        <input
          id="price"
          name="price"
          type="text"
          inputMode="decimal"
          autoComplete="off"
          required
          defaultValue={shown}
          key={shown}
          aria-describedby="price-outcome"
        />
        <button type="submit" disabled={pending}>
          {pending ? 'Saving…' : 'Change price'}
        </button>
      </div>
      <p id="price-outcome" className={`price-outcome ${state.outcome}`} role="status">
        {state.outcome === 'none' ? untouched : state.message}
      </p>
    </form>
  );
}
