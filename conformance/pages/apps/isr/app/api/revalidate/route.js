import { revalidatePath, revalidateTag } from 'next/cache';

/** Invalidates a tag or a path, as a webhook would. */
export async function POST(request) {
  const { tag, path, type, profile = { expire: 0 } } = await request.json();
  if (tag) revalidateTag(tag, profile);
  if (path) revalidatePath(path, type);
  return Response.json({ ok: true });
}
