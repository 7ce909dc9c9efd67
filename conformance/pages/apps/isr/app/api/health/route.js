export const dynamic = 'force-dynamic';

/** Says that the instance is there. */
export function GET() {
  return Response.json({ ok: true });
}
