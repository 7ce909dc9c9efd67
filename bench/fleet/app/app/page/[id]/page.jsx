import { Item } from '../../../lib/item';
import { streamed } from '../../../lib/streamed';

/** A page of one cached read. */
export default streamed(async ({ params }) => <Item id={(await params).id} />);
