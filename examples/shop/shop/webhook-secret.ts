import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether a request may invalidate: always without `WEBHOOK_SECRET`, with it only as its bearer. */
export function authorized(request: Request): boolean {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) return true;
  const sent = request.headers.get('authorization') ?? '';
  return timingSafeEqual(digest(sent), digest(`Bearer ${secret}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
