import { connection } from 'next/server';
import { Shown } from '../../../lib/item';
import { fetchItem } from '../../../lib/items';
import { streamed } from '../../../lib/streamed';

/** A page whose item is kept by `fetch`. */
export default streamed(async ({ params }) => {
  await connection();
  return <Shown item={await fetchItem((await params).id)} />;
});
