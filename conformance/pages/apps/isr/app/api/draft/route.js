import { draftMode } from 'next/headers';

/** Begins the draft mode. */
export async function POST() {
  (await draftMode()).enable();
  return Response.json({ ok: true });
}
