import { NextResponse, type NextRequest } from 'next/server';
import { redis } from '@/shop/redis';
import { freeDeliveryHeader, sessionHeader } from '@/shop/session';

/** Only the till is about a visitor; everything else is the same for everybody. */
export const config = { matcher: ['/till', '/api/till/:path*'] };

/** Milliseconds a flag may be old. */
const flagAge = 1_000;

let flag = { on: false, readAt: 0 };

/** Gives each visitor a session, and tells the page whether delivery is free, before it is rendered. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const known = request.cookies.get('session')?.value;
  const session = known && /^[\w-]{36}$/.test(known) ? known : crypto.randomUUID();
  const headers = new Headers(request.headers);
  headers.set(sessionHeader, session);
  headers.set(freeDeliveryHeader, (await freeDelivery()) ? '1' : '0');
  const response = NextResponse.next({ request: { headers } });
  if (session !== known) {
    response.cookies.set('session', session, { httpOnly: true, sameSite: 'lax', path: '/' });
  }
  return response;
}

/** The flag, as it was at most a second ago; off while Redis cannot be asked. */
async function freeDelivery(): Promise<boolean> {
  if (Date.now() - flag.readAt > flagAge) {
    const on = await redis?.get<boolean>('flag:free-delivery').catch(() => false);
    flag = { on: on === true, readAt: Date.now() };
  }
  return flag.on;
}
