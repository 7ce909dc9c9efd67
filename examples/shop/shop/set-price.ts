'use server';

import { updateTag } from 'next/cache';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { parseProductId } from './identifiers';
import { formatPrice, parsePrice } from './money';
import { origin } from './origin';
import { refusals, type Refusal } from './refusals';

/** What became of the price a shopkeeper typed. */
export type PriceFormState =
  | { outcome: 'none' }
  | { outcome: 'saved'; message: string }
  | { outcome: 'refused'; message: string; typed: string };

/** Changes the price of a product in the origin, then expires everything that shows it. */
export async function setPrice(_before: PriceFormState, form: FormData): Promise<PriceFormState> {
  const typed = String(form.get('price') ?? '').slice(0, 40);
  const id = parseProductId(form.get('id'));
  const price = parsePrice(typed);
  if (id === undefined) return refuse('product', '/', typed);
  if (price === undefined) return refuse('price', `/product/${id}`, typed);
  const changed = await origin.setPrice(id, price).catch(() => undefined);
  if (!changed) return refuse(changed === null ? 'product' : 'origin', `/product/${id}`, typed);
  // Lists and shelves carry the tag of every product they show, so this one reaches them too.
  updateTag(`product:${id}`);
  return {
    outcome: 'saved',
    message: `Saved: ${formatPrice(price)}. What was cached of it has expired on every instance.`,
  };
}

/**
 * Tells the shopkeeper. Next.js names the action in a header only when its script sends the form;
 * without it the answer is a page resumed from its prerender, which cannot show the state, so the
 * address carries the reason.
 */
async function refuse(because: Refusal, path: string, typed: string): Promise<PriceFormState> {
  if (!(await headers()).has('next-action')) redirect(`${path}?refused=${because}`);
  return { outcome: 'refused', message: refusals[because], typed };
}
