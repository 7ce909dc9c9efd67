import { unstable_cache } from 'next/cache';
import { answered, computed } from '../../../../../lib/forms';
import { printed } from '../../../../../lib/printed';

export const dynamic = 'force-dynamic';

/** A route that says what it got, and whether that was generated for it. */
export async function GET(_request, { params }) {
  const { form, id } = await params;
  return Response.json(form in answered ? await fetched(form, id) : await remembered(form, id));
}

async function remembered(form, id) {
  let generated = false;
  const function_ = async () => {
    generated = (await printed()) !== '';
    return computed[form];
  };
  const found = await unstable_cache(function_, [form, id], { tags: ['all'] })();
  return { found: found === undefined ? 'undefined' : JSON.stringify(found), generated };
}

async function fetched(form, id) {
  const from = new URL(`/api/origin/${form}?of=${id}`, process.env.PAGES_ORIGIN);
  const answer = await fetch(from, { next: { revalidate: 3600, tags: ['all'] } });
  const bytes = Buffer.from(await answer.arrayBuffer()).toString('hex');
  return { found: `${answer.status} ${bytes}`, printed: answer.headers.get('x-printed') };
}
