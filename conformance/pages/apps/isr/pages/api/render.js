/** Has a page rendered, and answers when that is done. */
export default async function handler(request, response) {
  await response.revalidate(request.query.path);
  response.json({ ok: true });
}
