import { connection } from 'next/server';

/** Says that the instance is there. */
export async function GET() {
  await connection();
  return Response.json({ ok: true });
}
