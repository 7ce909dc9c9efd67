import { revalidateTag } from 'next/cache';
import { tagOf } from '../../../../lib/items';

/** Invalidates an item; what is read after this answered must not be older. */
export async function POST(_request, { params }) {
  revalidateTag(tagOf((await params).id), { expire: 0 });
  return Response.json({ edited: true });
}
