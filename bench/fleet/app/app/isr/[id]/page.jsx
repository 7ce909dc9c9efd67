import { Item } from '../../../lib/item';

/** What a build renders: a page must be known then, and no item is, since there is no origin. */
const NO_ITEM = 'none';

export const generateStaticParams = () => [{ id: NO_ITEM }];

/** A page that is kept as a whole, for as long as its item is fresh. */
export default async function Page({ params }) {
  const { id } = await params;
  return id === NO_ITEM ? <p>There is no item.</p> : <Item id={id} />;
}
