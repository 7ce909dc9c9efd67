import { connection } from 'next/server';

/** Answers without cache and origin. */
export async function GET() {
  await connection();
  return Response.json({ status: 'up' });
}
