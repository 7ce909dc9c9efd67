import { connection } from 'next/server';
import { Suspense } from 'react';
import { edit } from '../../../lib/edit';
import { Shown } from '../../../lib/shown';

async function Content({ params }) {
  await connection();
  const name = `edit:${(await params).id}`;
  return (
    <form action={edit}>
      <Shown name={name} />
      <input type="hidden" name="name" defaultValue={name} />
      <button>Changed</button>
    </form>
  );
}

/** A page that shows what it can change. */
export default function Page({ params }) {
  return (
    <Suspense fallback={<p>one moment</p>}>
      <Content params={params} />
    </Suspense>
  );
}
