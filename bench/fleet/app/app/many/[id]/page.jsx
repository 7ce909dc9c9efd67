import { Item } from '../../../lib/item';
import { shelf } from '../../../lib/shelf';
import { streamed } from '../../../lib/streamed';

/** A page of many cached reads. */
export default streamed(async ({ params }) =>
  shelf(Number((await params).id)).map((id) => <Item key={id} id={id} />),
);
