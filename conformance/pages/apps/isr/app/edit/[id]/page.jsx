import { edit } from '../../../lib/edit';
import { Shown } from '../../../lib/shown';

export const dynamic = 'force-dynamic';

/** A page that shows what it can change. */
export default async function Page({ params }) {
  const name = `edit:${(await params).id}`;
  return (
    <form action={edit}>
      <Shown name={name} />
      <input type="hidden" name="name" defaultValue={name} />
      <button>Changed</button>
    </form>
  );
}
