import { connection } from 'next/server';
import { instanceName } from './instance';
import { OriginUnavailable } from './origin';

/** A JSON answer that no cache on its way may keep, signed with the instance that gave it. */
export function answer(status: number, body: object): Response {
  return Response.json(
    { instance: instanceName(), ...body },
    { status, headers: { 'cache-control': 'no-store' } },
  );
}

/** Runs a JSON route at request time; an origin that cannot be reached becomes a 502. */
export async function jsonRoute(respond: () => Promise<Response>): Promise<Response> {
  await connection();
  try {
    return await respond();
  } catch (error) {
    if (originIsDown(error)) return answer(502, { error: 'the origin did not answer' });
    throw error;
  }
}

/** An error thrown inside a cached function arrives as a copy without its class, but with a digest. */
function originIsDown(error: unknown): boolean {
  return error instanceof OriginUnavailable || (error instanceof Error && 'digest' in error);
}

/** The JSON object a request carries, or the 400 that says why there is none. */
export async function readObject(request: Request): Promise<Record<string, unknown> | Response> {
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    return answer(400, { error: 'the body is not JSON' });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return answer(400, { error: 'the body must be a JSON object' });
  }
  return body as Record<string, unknown>;
}
